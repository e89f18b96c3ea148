import Catalog
import HTTPClient
import NIOCore
import Orders
import Wire

/// Lets the people loose: so many at once, each at their own pace, until all have a final answer.
///
/// Lives on one event loop: completions come from curl's thread in batches and hop here, waits are the loop's
/// timers. Unchecked: after `init` every member is touched on the loop only, except `progress`, which has a
/// lock.
final class CrowdRun: @unchecked Sendable {
    struct Options: Sendable {
        /// People who are doing something at the same time.
        var inFlight = 256
        var recommendURL: String
        var claimURL: String
        var callTimeoutMs = 10_000
        /// A person stops asking after so long without a final answer.
        var patienceMs: Int64 = 120_000
        static let backoffBaseMs: Int64 = 50
        static let backoffCapMs: Int64 = 1000
        static let listAgainMs: Int64 = 250
        static let maxResponseBytes = 256 << 10
    }

    /// How far it is, for whoever looks on from outside.
    struct Progress: Sendable {
        var people = 0
        var finished = 0
        var accepted = 0
        var callsRepeated = 0
        var isDone = false
    }

    private struct Caller {
        var script: PersonScript
        let papers: Papers
        var tries = 0
        var sinceNs: UInt64 = 0
        /// The body last sent; sent again as it was until it is answered.
        var body: [UInt8] = []
        var jitter: SplitMix64
    }

    let progress: SharedProgress
    private let options: Options
    private let world: RoleWorld
    private let people: [Person]
    private let desk: IssuingDesk
    private let notes: AcceptanceNotes
    private let loop: any EventLoop
    private var client: HTTPClient?
    private var callers: [Int: Caller] = [:]
    private var next = 0
    private var outgoing: [HTTPClientRequest] = []
    private var funnel = Funnel()
    private var acceptances: [Acceptance] = []
    private let done: EventLoopPromise<Result>

    /// What is left when everybody has gone home.
    struct Result: Sendable {
        var funnel: Funnel
        /// Every answer 202 or 200, in the order of their coming.
        var acceptances: [Acceptance]
    }

    init(
        people: [Person], world: RoleWorld, desk: IssuingDesk, notes: AcceptanceNotes, options: Options,
        loop: any EventLoop
    ) {
        self.people = people
        self.world = world
        self.desk = desk
        self.notes = notes
        self.options = options
        self.loop = loop
        progress = SharedProgress(people: people.count)
        done = loop.makePromise()
        funnel.people = people.count
        funnel.validClaims = people.count(where: \.part.isValid)
    }

    /// Starts, and returns when the last person is done. Once.
    func run(_ client: HTTPClient) async throws -> Result {
        loop.execute { [self] in
            self.client = client
            admit()
            flush()
        }
        return try await done.futureResult.get()
    }

    /// Takes what came back; for the client, on any thread.
    func completed(_ completions: [HTTPClientCompletion]) {
        loop.execute { [self] in
            for completion in completions { take(completion) }
            admit()
            flush()
        }
    }

    // MARK: - People

    private func admit() {
        while callers.count < options.inFlight, next < people.count {
            let person = people[next]
            callers[next] = Caller(
                script: PersonScript(person), papers: desk.papers(for: person),
                jitter: SplitMix64(seed: ~person.seed))
            perform(.list, next)
            next += 1
        }
        if callers.isEmpty, next == people.count {
            progress.update { $0.isDone = true }
            notes.flush()
            done.succeed(Result(funnel: funnel, acceptances: acceptances))
        }
    }

    private func perform(_ action: PersonScript.Action, _ index: Int) {
        guard callers[index] != nil else { return }
        switch action {
        case .list:
            begin(index, body: [])
        case .claim(let draft):
            begin(index, body: callers[index]!.papers.claimBody(draft))
        case .listLater:
            loop.assumeIsolated().scheduleTask(in: .milliseconds(Options.listAgainMs)) { [self] in
                begin(index, body: [])
                flush()
            }
        case .done:
            finish(index)
        }
    }

    private func finish(_ index: Int) {
        guard let caller = callers.removeValue(forKey: index) else { return }
        if caller.script.person.part.isValid, caller.script.draft == nil { funnel.foundNothing += 1 }
        progress.update { $0.finished += 1 }
    }

    // MARK: - Calls

    /// A new call; `body` empty = the list.
    private func begin(_ index: Int, body: [UInt8]) {
        callers[index]?.body = body
        callers[index]?.tries = 0
        callers[index]?.sinceNs = NIODeadline.now().uptimeNanoseconds
        send(index)
    }

    private func send(_ index: Int) {
        guard let caller = callers[index] else { return }
        let isList = caller.body.isEmpty
        var headers = [caller.papers.authorization]
        if !isList { headers.append("content-type: application/json") }
        outgoing.append(
            HTTPClientRequest(
                method: isList ? .get : .post,
                url: isList ? options.recommendURL + "/v1/gifts" : options.claimURL + "/v1/claims",
                headers: headers, body: caller.body, timeoutMs: options.callTimeoutMs,
                maxResponseBytes: Options.maxResponseBytes, token: UInt64(index)))
    }

    private func flush() {
        guard !outgoing.isEmpty else { return }
        client?.submit(outgoing)
        outgoing.removeAll(keepingCapacity: true)
    }

    private func take(_ completion: HTTPClientCompletion) {
        let index = Int(completion.token)
        guard let caller = callers[index] else { return }
        let isList = caller.body.isEmpty
        guard case .answered(let response) = completion.outcome else {
            return again(index, why: Self.reason(completion.outcome), afterMs: nil)
        }
        if response.status >= 500 || response.status == 429 {
            return again(index, why: "\(response.status)", afterMs: response.retryAfterS.map { $0 * 1000 })
        }
        if isList {
            funnel.listTook(us: completion.elapsedUs)
            listed(index, response)
        } else {
            funnel.claimTook(us: completion.elapsedUs)
            claimed(index, response)
        }
    }

    /// The same call once more, after a pause that grows; `Retry-After` is honoured.
    private func again(_ index: Int, why: String, afterMs: Int64?) {
        guard var caller = callers[index] else { return }
        funnel.repeatsCall(why)
        progress.update { $0.callsRepeated += 1 }
        let nowNs = NIODeadline.now().uptimeNanoseconds
        guard nowNs - caller.sinceNs < UInt64(options.patienceMs) * 1_000_000 else {
            funnel.gaveUp += 1
            return finish(index)
        }
        caller.tries += 1
        let most = min(Options.backoffCapMs, Options.backoffBaseMs << min(10, caller.tries))
        let pauseMs = (afterMs ?? 0) + Int64.random(in: most / 2...most, using: &caller.jitter)
        callers[index] = caller
        loop.assumeIsolated().scheduleTask(in: .milliseconds(pauseMs)) { [self] in
            send(index)
            flush()
        }
    }

    private static func reason(_ outcome: HTTPClientOutcome) -> String {
        switch outcome {
        case .neverLeft(let failure): "never left: \(failure.kind)"
        case .mayHaveLeft(let failure): "no answer: \(failure.kind)"
        case .answered: "answered"
        }
    }

    // MARK: - Answers

    private func listed(_ index: Int, _ response: HTTPClientResponse) {
        guard response.status == 200 else {
            funnel.listsRefused += 1
            let isRight = callers[index]?.script.person.part == .badTicket && response.status == 401
            if !isRight { funnel.wasWrong("list: \(response.status)") }
            return perform(callers[index]!.script.listRefused(world), index)
        }
        funnel.lists += 1
        do {
            let gifts = try ListedGift.read(response.body)
            perform(callers[index]!.script.listed(gifts, world), index)
        } catch {
            funnel.wasWrong("list: \(error.path): \(error.reason)")
            finish(index)
        }
    }

    private func claimed(_ index: Int, _ response: HTTPClientResponse) {
        funnel.answered(response.status)
        let order = response.status < 300 ? Self.order(of: response.body) : nil
        if let order { accept(order, index, status: response.status) }
        let script = callers[index]!.script
        let (verdict, action) = callers[index]!.script.claimed(status: response.status, order: order, world)
        switch verdict {
        case .accepted: funnel.accepted += 1
        case .repeated: funnel.repeated += 1
        case .soldOut: funnel.soldOut += 1
        case .refused: funnel.refused(script.step == .spend ? "spent_coupon" : script.person.part.name)
        case .wrong(let what): funnel.wasWrong(what)
        }
        perform(action, index)
    }

    private func accept(_ order: OrderID, _ index: Int, status: Int) {
        guard let caller = callers[index], let draft = caller.script.draft else { return }
        let acceptance = Acceptance(
            order: order, gift: draft.gift, user: caller.script.person.user,
            coupon: caller.script.person.couponSerial, status: status,
            atNs: NIODeadline.now().uptimeNanoseconds)
        acceptances.append(acceptance)
        notes.add(acceptance)
        progress.update { $0.accepted += 1 }
    }

    private static func order(of body: [UInt8]) -> OrderID? {
        guard let json = try? JSON.parse(body, limits: .request), case .object(let object) = json,
            case .string(let text) = object["order"]
        else { return nil }
        return OrderID(text: text)
    }
}
