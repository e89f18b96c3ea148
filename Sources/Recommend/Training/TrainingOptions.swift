import ArgumentParser

/// The options of whoever learns from a log.
struct TrainingOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The campaign's directory.", valueName: "dir"))
    var campaign: String
    @Option(help: ArgumentHelp("The log of impressions and claims, JSON Lines.", valueName: "file"))
    var claims: String
    @Option(help: "Dimensions of a taste, at most the campaign's less two.")
    var rank = ChoiceTraining().rank
    @Option(help: "Passes over the log.")
    var epochs = ChoiceTraining().epochs
    @Option(help: "Everything random follows from it.")
    var seed: UInt64 = 1
    @Option(help: "So many bad lines are passed over; more end the run.")
    var maxBadLines = 100

    func validate() throws {
        guard (1...62).contains(rank) else { throw ValidationError("--rank must be 1 to 62") }
        guard (1...1000).contains(epochs) else { throw ValidationError("--epochs must be 1 to 1000") }
        guard maxBadLines >= 0 else { throw ValidationError("--max-bad-lines must not be below 0") }
    }

    var training: ChoiceTraining {
        var training = ChoiceTraining()
        training.rank = rank
        training.epochs = epochs
        training.seed = seed
        return training
    }

    /// The campaign, its log, and that something can be learned from them.
    func load(for command: String) throws -> ClaimLog {
        let catalog = try OfflineRun.campaign(campaign, for: command)
        if let obstacle = LearnedModel.obstacle(catalog) {
            throw OfflineRun.fail(command, "\(campaign)/campaign.json: \(obstacle)", OfflineRun.badCampaign)
        }
        return try OfflineRun.log(claims, catalog, maxBadLines: maxBadLines, for: command)
    }

    static let logForm = """
        The log has one visit a line: {"at": Unix ms, "user": "123", "games": [["game id", registered at, \
        Unix s], …], "shown": ["gift id", …] in the order of the page, "claimed": "gift id" or null}. \
        `simulator logs` makes such logs. Bad lines are named on standard error with their number and reason \
        and left out, --max-bad-lines of them at most. Memory: about 40 bytes a visit, 3 bytes a pack shown, \
        20 bytes and 8 bytes a dimension of --rank a person.
        """
}
