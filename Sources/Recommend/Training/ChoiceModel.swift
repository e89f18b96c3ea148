import Glibc
import Wire

/// Tastes, features and popularity learned from choices.
///
/// The choice of pack i among those that could be had, S, by a person u, pack i standing at place k(i):
/// ```
/// P(i | S) = exp U(u, i) / Σ_{j in S} exp U(u, j),   U(u, i) = ⟨p_u, f_i⟩ + b_i + a_k(i)
/// ```
/// The conditional logit model (McFadden 1974) with utilities of low rank, as matrix factorisation has them
/// (Koren, Bell and Volinsky, "Matrix Factorization Techniques for Recommender Systems", IEEE Computer 42(8),
/// 2009). Its loss is Rendle's BPR criterion ("BPR: Bayesian Personalized Ranking from Implicit Feedback",
/// UAI 2009) with the whole page in place of one pack drawn from all: what was shown and passed over is what
/// the person did not want, and what nobody showed says nothing. b keeps popularity out of the tastes, a
/// keeps the order of the old list out of both (the position bias of Richardson, Dominowska and Ragno, WWW
/// 2007). A taste begins with the games that the person plays, for people play what they like:
/// `p_u = own_u + Σ y_g / √n` over the person's n games, the implicit feedback of SVD++ (Koren,
/// "Factorization Meets the Neighborhood", KDD 2008); so one who has not chosen yet has a taste as well.
struct ChoiceModel: Sendable {
    let rank: Int
    /// By person and dimension.
    var tastes: [Float]
    /// By gift and dimension.
    var features: [Float]
    /// By gift.
    var appeal: [Float]
    /// By place on the page.
    var placeAppeal: [Float]
}

/// How a model is learned.
struct ChoiceTraining: Sendable {
    var rank = 12
    /// Passes over all choices.
    var epochs = 20
    /// Passes in which only the tastes move, towards the best answer to the features learned.
    var foldInSteps = 25
    var step: Float = 0.1
    /// Inverse variances of the normal priors.
    var tastePrior: Float = 1
    var gamePrior: Float = 1
    var featurePrior: Float = 1
    var appealPrior: Float = 0.1
    var seed: UInt64 = 1

    /// Stochastic gradient ascent on the posterior, each parameter with its own pace (AdaGrad: Duchi, Hazan
    /// and Singer, JMLR 12, 2011). One thread, and the same sample, options and machine give the same model.
    ///
    /// Time: O(epochs · options · rank). Memory: 8 · rank bytes a person beside the sample.
    func learn(_ sample: ChoiceSample, progress: (Int) -> Void = { _ in }) -> ChoiceModel {
        var ascent = ChoiceAscent(sample, self)
        var random = SplitMix64(seed: splitMix64(seed))
        var order = Array(0..<sample.count)
        for epoch in 0..<epochs {
            order.shuffle(using: &random)
            ascent.pass(over: order)
            progress(epoch + 1)
        }
        ascent.foldIn()
        return ascent.finish()
    }
}
