import ArgumentParser
import CampaignFiles
import Glibc

/// `recommend check StaticData`: every fault of every campaign, before it is served.
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Validates StaticData: every campaign in it, with every fault.",
        discussion: """
            Each fault is printed as `file: path: reason`. Endpoints may hold placeholders like \
            ${HONGBAO_GAMES_PORT}: they are filled from the environment, and unset ones count as "1" unless \
            --no-allow-unset is given.

            Exit codes: 0 all campaigns are good; 65 there are faults.
            """)

    /// sysexits.h: the input data was incorrect.
    static let faultyData: Int32 = 65

    @Argument(help: "The directory with campaigns/ and web/ in it, or one campaign's directory.")
    var directory: String

    @Flag(inversion: .prefixedNo, help: "Take unset placeholders for \"1\", or report them.")
    var allowUnset = true

    func run() throws {
        let report = StaticDataCheck(
            directory: directory, environment: CampaignDirectory.processEnvironment, allowUnset: allowUnset
        ).report()
        for line in report.faults { print(line) }
        for line in report.summaries { print(line) }
        if !report.faults.isEmpty { throw ExitCode(Self.faultyData) }
    }
}
