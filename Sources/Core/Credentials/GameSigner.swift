/// One game's secrets in the form that its signature wants.
package enum GameSigner: Sendable {
    case webhook(WebhookSigner)
    case query(QuerySigner)
}
