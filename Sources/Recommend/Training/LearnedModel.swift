import Catalog

/// A log turned into a model: choices, tastes and features, popularity, and all of it as it is served.
struct LearnedModel: Sendable {
    /// Choices it was learned from.
    let choices: Int
    let served: ServedModel

    init(
        _ log: ClaimLog, visits: some Collection<Int>, training: ChoiceTraining,
        progress: (Int) -> Void = { _ in }
    ) {
        let sample = ChoiceSample(log, visits: visits)
        var training = training
        // Two dimensions are taken by lengths.
        let most = log.catalog.campaign.ranking.dimensions - ServedModel.lengthDimensions
        training.rank = min(training.rank, most)
        let model = training.learn(sample, progress: progress)
        let popularity = SegmentPopularity(log, visits: visits, placeAppeal: model.placeAppeal)
        choices = sample.count
        served = ServedModel(
            model, sample: sample, popularity: popularity, catalog: log.catalog,
            nowMs: visits.lazy.map { log.atMs[$0] }.max() ?? 0)
    }

    /// Why a campaign cannot have a learned model; nil = it can.
    static func obstacle(_ catalog: Catalog) -> String? {
        let weights = catalog.campaign.ranking
        if weights.dimensions <= ServedModel.lengthDimensions {
            return "ranking.dimensions is \(weights.dimensions); a learned model needs 3 or more"
        }
        if weights.preference == 0 { return "ranking.preference is 0: a vector would change nothing" }
        return nil
    }
}
