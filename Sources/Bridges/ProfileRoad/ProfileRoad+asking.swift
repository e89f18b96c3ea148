import Catalog
import NIOCore
import Profiles

/// Working on a person: who waits, what is asked, what comes.
extension ProfileRoad {
    func join(
        _ user: UInt64, games: UInt64, anew: UInt64, always: Bool, then: @escaping (ProfileAnswer) -> Void
    ) {
        let games = games & catalog.allGames
        nextWaiter += 1
        let waiter = Person.Waiter(
            id: nextWaiter, games: games, anew: anew & games, isAlways: always, then: then)
        if people[user] == nil {
            let person = Person(profile: remembered(user))
            guard people.count < options.maxPeople else {
                let missing = games & ~person.profile.known | waiter.anew
                return finish(
                    waiter, ProfileAnswer(profile: person.profile, missing: missing, degraded: true))
            }
            people[user] = person
            readStored(user)
        }
        people[user]!.waiters.append(waiter)
        setDeadline(user, waiter.id)
        if people[user]!.stage == .asking {
            askFor(user, waiterAt: people[user]!.waiters.count - 1)
            exchange.pump()
            settle(user)
        }
    }

    /// What the loop-local cache has of the person, however long ago Redis was looked at.
    private func remembered(_ user: UInt64) -> Profile {
        guard cache.load(user: user, nowMs: wallMs(), into: &flat) != .nothing else {
            return Profile(user: user, fetchedAtS: nowS)
        }
        flat.age(nowS: nowS, ages: options.ages)
        return Profile(flat)
    }

    /// The store has been read, or could not be: what is missing is asked for.
    func stored(_ user: UInt64, _ profile: Profile?, bytes: [UInt8], isLost: Bool) {
        guard var person = people[user], person.stage == .reading else { return }
        person.profile = person.profile.aged(nowS: nowS, ages: options.ages)
        if let profile = profile?.aged(nowS: nowS, ages: options.ages) {
            let known = person.profile.known
            person.profile = person.profile.merged(with: profile)
            person.isNews = known & ~profile.known != 0
        } else {
            person.isNews = person.profile.known != 0
        }
        person.stage = .asking
        person.stored = bytes
        person.isStoreLost = isLost
        people[user] = person
        for index in person.waiters.indices { askFor(user, waiterAt: index) }
    }

    private func askFor(_ user: UInt64, waiterAt index: Int) {
        guard var person = people[user] else { return }
        let waiter = person.waiters[index]
        let wanted = waiter.games & ~person.profile.known | waiter.anew
        var awaits = wanted & person.asked
        let (asks, nowNs) = (wanted & ~person.asked, monotonicNs())
        if asks != 0 {
            let again = waiter.isAlways ? 0 : waiter.anew & person.profile.known
            let tickets = exchange.want(user, games: asks, again: again, road: place, nowNs: nowNs)
            for (game, ticket) in tickets {
                let bit: UInt64 = 1 << UInt64(game)
                switch ticket {
                case .queued, .joined:
                    if ticket == .joined { counters.roleJoined += 1 }
                    person.asked |= bit
                    awaits |= bit
                case .refused(let untilNs):
                    counters.roleRefused += 1
                    closedUntilNs[Int(game)] = max(closedUntilNs[Int(game)], untilNs)
                    person.failed |= bit
                case .fresh(let answer, let atNs):
                    let ageS = UInt32(clamping: (nowNs - min(nowNs, atNs)) / 1_000_000_000)
                    take(answer, game: game, ageS: ageS, &person)
                }
            }
        }
        person.waiters[index].awaits = awaits
        people[user] = person
    }

    /// - Parameter ageS: how long ago it was given.
    private func take(_ answer: GameProfile?, game: UInt8, ageS: UInt32, _ person: inout Person) {
        person.take(answer, game: game, atS: nowS - min(nowS, ageS), nowS: nowS, ages: options.ages)
    }

    /// Takes what became of questions; on the loop.
    func took(_ results: [RoleResult]) {
        for result in results {
            count(result)
            let (user, game) = (result.call.user, result.call.game)
            guard var person = people[user] else { continue }
            person.asked &= ~(1 << UInt64(game))
            switch result.outcome {
            case .answered(let answer) where answer?.fits(catalog) ?? true:
                closedUntilNs[Int(game)] = 0
                take(answer, game: game, ageS: 0, &person)
            default:
                person.failed |= 1 << UInt64(game)
            }
            people[user] = person
            settle(user)
        }
    }

    private func count(_ result: RoleResult) {
        if case .refused = result.outcome { return counters.roleRefused += 1 }
        guard result.isOwner else { return }
        counters.roleQuestions += 1
        switch result.outcome {
        case .answered: counters.roleAnswers += 1
        case .malformed: counters.roleMalformed += 1
        default: counters.roleFailures += 1
        }
    }
}
