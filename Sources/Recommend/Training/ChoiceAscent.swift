import Glibc
import Wire

/// The climb of `ChoiceTraining`, one choice after the other.
struct ChoiceAscent {
    private var features: Weights
    private var appeal: Weights
    private var places: Weights
    /// Of people, what is their own.
    private var own: Weights
    /// Of games, what their players have in common.
    private var games: Weights
    private let sample: ChoiceSample
    private let training: ChoiceTraining
    /// Choices of each person, and choices in which each pack stood: each carries its share of a prior.
    private let choicesOf: [Float]
    private let choicesShowing: [Float]
    // Of the choice at hand: by option, then by dimension.
    private var slopes: [Float]
    private var taste: [Float]
    private var tasteSlope: [Float]

    /// Parameters, and the sums of their squared slopes.
    private struct Weights {
        var values: [Float]
        var squares: [Float]

        init(_ values: [Float]) {
            self.values = values
            squares = Array(repeating: 1e-6, count: values.count)
        }

        mutating func climb(_ index: Int, _ slope: Float, _ step: Float) {
            squares[index] += slope * slope
            values[index] += step * slope / squares[index].squareRoot()
        }
    }

    init(_ sample: ChoiceSample, _ training: ChoiceTraining) {
        let rank = training.rank
        var random = SplitMix64(seed: splitMix64(training.seed ^ 0x6665_6174))
        // Small and uneven, so that the dimensions part ways.
        features = Weights(
            (0..<(sample.gifts * rank)).map { _ in Float.random(in: -0.3...0.3, using: &random) })
        appeal = Weights(Array(repeating: 0, count: sample.gifts))
        places = Weights(Array(repeating: 0, count: ChoiceSample.places))
        own = Weights(Array(repeating: 0, count: sample.people * rank))
        games = Weights(Array(repeating: 0, count: 64 * rank))
        self.sample = sample
        self.training = training
        var choicesOf = [Float](repeating: 0, count: sample.people)
        for person in sample.person { choicesOf[Int(person)] += 1 }
        self.choicesOf = choicesOf
        var showing = [Float](repeating: 0, count: sample.gifts)
        for gift in sample.gift { showing[Int(gift)] += 1 }
        choicesShowing = showing
        slopes = Array(repeating: 0, count: ClaimLog.maxShown)
        taste = Array(repeating: 0, count: rank)
        tasteSlope = taste
    }

    mutating func pass(over order: [Int]) {
        for choice in order { climb(choice) }
    }

    /// What was learned, tastes put together.
    mutating func finish() -> ChoiceModel {
        let rank = training.rank
        var tastes = own.values
        for person in 0..<sample.people {
            putTaste(together: person)
            for dimension in 0..<rank { tastes[person * rank + dimension] = taste[dimension] }
        }
        return ChoiceModel(
            rank: rank, tastes: tastes, features: features.values, appeal: appeal.values,
            placeAppeal: places.values)
    }

    // MARK: - One choice

    /// One step of all parameters that this choice is about.
    private mutating func climb(_ choice: Int) {
        let options = sample.starts[choice]..<sample.starts[choice + 1]
        let person = Int(sample.person[choice])
        putTaste(together: person)
        findSlopes(choice, options)
        climbFeatures(options)
        climbTaste(person)
        climbAppeal(options)
    }

    /// What the person's games share of a taste, each.
    private func gameShare(_ person: Int) -> Float {
        let count = sample.games[person].nonzeroBitCount
        return count == 0 ? 0 : 1 / Float(count).squareRoot()
    }

    private mutating func putTaste(together person: Int) {
        let (rank, share) = (training.rank, gameShare(person))
        for dimension in 0..<rank { taste[dimension] = own.values[person * rank + dimension] }
        var left = sample.games[person]
        while left != 0 {
            let first = left.trailingZeroBitCount * rank
            for dimension in 0..<rank { taste[dimension] += share * games.values[first + dimension] }
            left &= left - 1
        }
    }

    /// By option: 1 where it was taken, less the probability that it would be.
    private mutating func findSlopes(_ choice: Int, _ options: Range<Int>) {
        let (rank, taken) = (training.rank, Int(sample.taken[choice]))
        var greatest = -Float.infinity
        for option in options {
            let slot = Int(sample.gift[option])
            let utility = appeal.values[slot] + places.values[Int(sample.place[option])]
            let likeness = features.values.withUnsafeBufferPointer { features in
                taste.withUnsafeBufferPointer { taste in
                    var sum: Float = 0
                    for dimension in 0..<rank { sum += taste[dimension] * features[slot * rank + dimension] }
                    return sum
                }
            }
            slopes[option - options.lowerBound] = utility + likeness
            greatest = max(greatest, utility + likeness)
        }
        var sum: Float = 0
        for index in 0..<options.count {
            slopes[index] = expf(slopes[index] - greatest)
            sum += slopes[index]
        }
        for index in 0..<options.count { slopes[index] = (index == taken ? 1 : 0) - slopes[index] / sum }
    }

    /// Also notes the slope of the taste, before the features have moved.
    private mutating func climbFeatures(_ options: Range<Int>) {
        let (rank, step) = (training.rank, training.step)
        for dimension in 0..<rank { tasteSlope[dimension] = 0 }
        for option in options {
            let slope = slopes[option - options.lowerBound]
            let slot = Int(sample.gift[option])
            let share = training.featurePrior / choicesShowing[slot]
            features.values.withUnsafeMutableBufferPointer { values in
                features.squares.withUnsafeMutableBufferPointer { squares in
                    for dimension in 0..<rank {
                        let index = slot * rank + dimension
                        tasteSlope[dimension] += slope * values[index]
                        let up = slope * taste[dimension] - share * values[index]
                        squares[index] += up * up
                        values[index] += step * up / squares[index].squareRoot()
                    }
                }
            }
        }
    }

    private mutating func climbTaste(_ person: Int) {
        let (rank, step) = (training.rank, training.step)
        let prior = training.tastePrior / choicesOf[person]
        for dimension in 0..<rank {
            let index = person * rank + dimension
            own.climb(index, tasteSlope[dimension] - prior * own.values[index], step)
        }
        let share = gameShare(person)
        let gamePrior = training.gamePrior / Float(sample.count)
        var left = sample.games[person]
        while left != 0 {
            let first = left.trailingZeroBitCount * rank
            for dimension in 0..<rank {
                let up = share * tasteSlope[dimension] - gamePrior * games.values[first + dimension]
                games.climb(first + dimension, up, step)
            }
            left &= left - 1
        }
    }

    private mutating func climbAppeal(_ options: Range<Int>) {
        let step = training.step
        for option in options {
            let slope = slopes[option - options.lowerBound]
            let slot = Int(sample.gift[option])
            let prior = training.appealPrior / choicesShowing[slot]
            appeal.climb(slot, slope - prior * appeal.values[slot], step)
            // The first place is what the others are measured against.
            let place = Int(sample.place[option])
            if place > 0 { places.climb(place, slope, step) }
        }
    }

    // MARK: - Folding in

    /// Moves what is people's own alone, all choices of a person at once. The posterior of a taste is concave
    /// where the features stand, so that steps of 1 / (prior + curvature) climb to its top.
    mutating func foldIn() {
        var choices = [[Int]](repeating: [], count: sample.people)
        for choice in 0..<sample.count { choices[Int(sample.person[choice])].append(choice) }
        // The curvature of one choice is at most half the square of the longest feature (Böhning,
        // "Multinomial logistic regression algorithm", 1992).
        let rank = training.rank
        var longest: Float = 0
        for slot in 0..<sample.gifts {
            var squares: Float = 0
            for value in features.values[(slot * rank)..<((slot + 1) * rank)] { squares += value * value }
            longest = max(longest, squares)
        }
        for person in 0..<sample.people where !choices[person].isEmpty {
            let curvature = training.tastePrior + 0.5 * longest * Float(choices[person].count)
            for _ in 0..<training.foldInSteps { foldIn(person, choices[person], step: 1 / curvature) }
        }
    }

    private mutating func foldIn(_ person: Int, _ choices: [Int], step: Float) {
        let rank = training.rank
        putTaste(together: person)
        for dimension in 0..<rank {
            tasteSlope[dimension] = -training.tastePrior * own.values[person * rank + dimension]
        }
        for choice in choices {
            let options = sample.starts[choice]..<sample.starts[choice + 1]
            findSlopes(choice, options)
            for option in options {
                let slope = slopes[option - options.lowerBound]
                let first = Int(sample.gift[option]) * rank
                for dimension in 0..<rank {
                    tasteSlope[dimension] += slope * features.values[first + dimension]
                }
            }
        }
        for dimension in 0..<rank { own.values[person * rank + dimension] += step * tasteSlope[dimension] }
    }
}
