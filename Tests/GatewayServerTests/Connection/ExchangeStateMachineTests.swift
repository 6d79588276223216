import Testing

@testable import GatewayServer

@Suite struct ExchangeStateMachineTests {
    private func awaitingHead(bodyFollows: Bool = false, mayRetry: Bool = true, reused: Bool = true)
        -> ExchangeStateMachine
    {
        var machine = ExchangeStateMachine()
        machine.begin(bodyFollows: bodyFollows, mayRetry: mayRetry)
        _ = machine.connected(reused: reused)
        return machine
    }

    @Test func exchange_isIdleAgain_afterRequestAndResponse() {
        var machine = ExchangeStateMachine()
        machine.begin(bodyFollows: false, mayRetry: true)
        #expect(machine.isConnecting)
        #expect(!machine.acceptsRequestBody)
        #expect(machine.connected(reused: false) == .sendHead(requestEnded: true))
        #expect(machine.awaitsResponseHead)
        #expect(machine.responseHeadReceived(status: 200) == .forward)
        #expect(machine.hasResponded)
        #expect(machine.responseEnded() == .finish(upstreamIsReusable: true))
        #expect(machine.isIdle)
    }

    @Test func requestBody_isForwarded_untilTheResponseEnds() {
        var machine = self.awaitingHead(bodyFollows: true)
        #expect(machine.requestBodyReceived() == .forward)
        #expect(machine.responseHeadReceived(status: 413) == .forward)
        #expect(machine.requestBodyReceived() == .forward)
        #expect(machine.responseEnded() == .drainRequest)
        #expect(!machine.isIdle)
        #expect(machine.requestBodyReceived() == .drop)
        #expect(machine.requestEnded() == .finish)
        #expect(machine.isIdle)
    }

    @Test func upstreamIsReusable_onlyWhenTheRequestIsComplete() {
        var machine = self.awaitingHead(bodyFollows: true)
        _ = machine.requestBodyReceived()
        #expect(machine.requestEnded() == .endUpstreamRequest)
        _ = machine.responseHeadReceived(status: 200)
        #expect(machine.responseEnded() == .finish(upstreamIsReusable: true))
    }

    @Test(arguments: [
        (100, ExchangeStateMachine.HeadAction.dropInterim), (101, .refuse), (103, .forwardInterim), (200, .forward),
    ])
    func head_isTreatedByItsStatus(status: Int, expected: ExchangeStateMachine.HeadAction) {
        var machine = self.awaitingHead()
        #expect(machine.responseHeadReceived(status: status) == expected)
        #expect(machine.hasResponded == (expected == .forward))
    }

    @Test func secondFinalHead_isRefused() {
        var machine = self.awaitingHead()
        _ = machine.responseHeadReceived(status: 200)
        #expect(machine.responseHeadReceived(status: 200) == .refuse)
    }

    @Test func reusedConnectionThatDies_isReplacedOnce() {
        var machine = self.awaitingHead(reused: true)
        #expect(machine.upstreamFailed(beforeAnyResponseByte: true) == .retry)
        #expect(machine.isConnecting)
        #expect(machine.connected(reused: true) == .sendHead(requestEnded: true))
        #expect(machine.upstreamFailed(beforeAnyResponseByte: true) == .answer)
    }

    @Test(arguments: [
        (mayRetry: false, bodyFollows: false, reused: true, untouched: true),
        (mayRetry: true, bodyFollows: true, reused: true, untouched: true),
        (mayRetry: true, bodyFollows: false, reused: false, untouched: true),
        (mayRetry: true, bodyFollows: false, reused: true, untouched: false),
    ])
    func failure_isAnswered_whenASecondAttemptIsNotSafe(
        mayRetry: Bool, bodyFollows: Bool, reused: Bool, untouched: Bool
    ) {
        var machine = self.awaitingHead(bodyFollows: bodyFollows, mayRetry: mayRetry, reused: reused)
        #expect(machine.upstreamFailed(beforeAnyResponseByte: untouched) == .answer)
        machine.answeredByGateway()
        #expect(machine.isDraining == bodyFollows)
        #expect(machine.isIdle == !bodyFollows)
    }

    @Test func failure_abortsTheClient_onceTheHeadIsOut() {
        var machine = self.awaitingHead()
        _ = machine.responseHeadReceived(status: 200)
        #expect(machine.upstreamFailed(beforeAnyResponseByte: false) == .abortClient)
        #expect(machine.upstreamFailed(beforeAnyResponseByte: false) == .doNothing)
    }

    @Test func lateConnection_isReleased() {
        var machine = ExchangeStateMachine()
        machine.begin(bodyFollows: false, mayRetry: true)
        machine.leave()
        #expect(machine.connected(reused: false) == .releaseConnection)
        #expect(machine.upstreamFailed(beforeAnyResponseByte: true) == .doNothing)
    }

    @Test func brokenRequest_isOver_whenItIsAnswered() {
        var machine = self.awaitingHead(bodyFollows: true)
        _ = machine.requestBodyReceived()
        machine.requestBroken()
        machine.answeredByGateway()
        #expect(machine.isIdle)
    }

    /// Whatever client and upstream do, in any order that their connections can produce, nothing traps.
    @Test(arguments: 0..<64)
    func randomOrders_neverTrap(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var machine = ExchangeStateMachine()
        var requestOpen = false
        for _ in 0..<400 {
            switch UInt8.random(in: 0..<9, using: &random) {
            case 0 where machine.isIdle:
                requestOpen = Bool.random(using: &random)
                machine.begin(bodyFollows: requestOpen, mayRetry: Bool.random(using: &random))
            case 1 where machine.isConnecting || machine.isIdle:
                _ = machine.connected(reused: Bool.random(using: &random))
            case 2 where requestOpen && machine.acceptsRequestBody:
                _ = machine.requestBodyReceived()
            case 3 where requestOpen && machine.acceptsRequestBody:
                requestOpen = false
                _ = machine.requestEnded()
            case 4:
                _ = machine.responseHeadReceived(
                    status: [100, 101, 103, 200, 404].randomElement(using: &random) ?? 200)
            case 5 where machine.isResponding:
                _ = machine.responseEnded()
            case 6:
                if machine.upstreamFailed(beforeAnyResponseByte: Bool.random(using: &random)) == .answer {
                    machine.answeredByGateway()
                }
            case 7:
                machine.requestBroken()
                requestOpen = false
                if !machine.hasResponded, !machine.isIdle { machine.answeredByGateway() } else { machine.leave() }
            case 8:
                machine.leave()
                requestOpen = false
            default:
                break
            }
            if machine.isIdle { requestOpen = false }
        }
    }
}
