import Catalog
import NIOCore
import Profiles

/// Asking the games' role services, as the desk allows.
extension ProfileRoad {
    /// Puts as many questions as may be put.
    func pump() {
        var batch: [RoleQuestion] = []
        var dropped: [RoleCall] = []
        while let turn = desk.next(isWanted: { self.people[$0.user]?.wants($0.game) ?? false }) {
            switch turn {
            case .dropped(let call): dropped.append(call)
            case .put(let call):
                nextToken += 1
                questions[nextToken] = call
                batch.append(
                    RoleQuestion(
                        token: nextToken, url: catalog.games[Int(call.game)].roleURL(user: call.user),
                        timeoutMs: options.roleTimeoutMs, connectTimeoutMs: options.roleConnectTimeoutMs))
            }
        }
        if !batch.isEmpty {
            counters.roleQuestions += UInt64(batch.count)
            ask(batch)
        }
        for call in dropped {
            people[call.user]?.asked &= ~(1 << UInt64(call.game))
            settle(call.user)
        }
    }

    /// Takes the replies to questions, in any order; on the loop.
    package func replied(_ replies: [RoleReply]) {
        loop.assertInEventLoop()
        for reply in replies {
            guard let call = questions.removeValue(forKey: reply.token) else { continue }
            take(reply, call)
            settle(call.user)
        }
        pump()
    }

    private func take(_ reply: RoleReply, _ call: RoleCall) {
        let bit: UInt64 = 1 << UInt64(call.game)
        people[call.user]?.asked &= ~bit
        guard case .answered(200, let body) = reply.result else {
            counters.roleFailures += 1
            people[call.user]?.failed |= bit
            return desk.failed(call, nowNs: monotonicNs())
        }
        // nil is an answer too (not registered), so that `try?` will not do here.
        let answer: GameProfile?
        do {
            answer = try RoleAnswer.parse(body, game: catalog.games[Int(call.game)])
        } catch {
            counters.roleMalformed += 1
            people[call.user]?.failed |= bit
            return desk.failed(call, nowNs: monotonicNs())
        }
        counters.roleAnswers += 1
        desk.answered(call, nowNs: monotonicNs())
        guard var person = people[call.user] else { return }
        person.profile = person.profile.aged(nowS: nowS, ages: options.ages)
        person.profile.take(answer, game: call.game, nowS: nowS)
        person.failed &= ~bit
        person.isNews = true
        people[call.user] = person
    }
}
