import Catalog
import NIOCore
import Wire

/// Where a page begins: the campaign's times, and where its catalog and its claims are. Small, and asked for
/// each time.
enum CampaignDocument {
    static let path = "/v1/campaign"

    /// - Parameters:
    ///   - catalogPath: that of the document made of the catalog.
    ///   - claimsURL: Claim's base URL; empty = not told.
    static func page(
        _ campaign: Campaign, catalogPath: String, claimsURL: String
    ) throws(CompressionFault) -> Page {
        var json = JSONWriter()
        json.beginObject()
        json.key("campaign")
        json.string(campaign.id)
        json.key("title")
        json.localized(campaign.title)
        json.key("opens_at")
        json.string(UTCTimestamp.rfc3339(unixMs: campaign.opensAtMs))
        json.key("closes_at")
        json.string(UTCTimestamp.rfc3339(unixMs: campaign.closesAtMs))
        json.key("ends_at")
        json.string(UTCTimestamp.rfc3339(unixMs: campaign.endsAtMs))
        json.key("catalog")
        json.string(catalogPath)
        json.key("claims")
        json.string(claimsURL)
        json.endObject()
        return try Page(
            Page.Source(
                type: ContentTypes.json, cacheControl: "no-cache", fields: [],
                body: ByteBuffer(bytes: json.bytes)))
    }
}
