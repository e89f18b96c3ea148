import Foundation
import Stack

/// What the peers send: a delivery of ours in every byte but the values.
struct SampleRequest {
    let bodyFile: String
    /// `name: value`.
    let headers: [String]

    init(_ stage: DeliverStage) throws {
        let body =
            #"{"order":"00000008000G1","user":"1000012345","region":"east","role":"4100000","#
            + #""gift":"pack-of-game-0","amount":1,"items":[{"id":"gold","count":1}]}"#
        bodyFile = "\(stage.run.path)/body.json"
        try body.write(toFile: bodyFile, atomically: true, encoding: .utf8)
        let signature = String(repeating: "A", count: 43) + "="
        headers = [
            "user-agent: hongbao", "accept: */*", "content-type: application/json",
            "webhook-id: 00000008000G1", "webhook-timestamp: 1700000000",
            "webhook-signature: v1,\(signature)",
        ]
    }
}
