import GatewayProtocol
import NIOCore
import Testing

/// Every event in every state: what is ordered, in words (see `RelayBench.describe`). `<` marks masked frames, `>` plain
/// ones, `-` is nothing to do.
@Suite struct RelayTableTests {
    struct State: Sendable, CustomTestStringConvertible {
        var name: String
        var events: [RelayBench.Event]
        var expected: String

        var testDescription: String { self.name }

        init(_ name: String, _ events: RelayBench.Event..., expected: String) {
            self.name = name
            self.events = events
            self.expected = expected
        }
    }

    @Test(arguments: states)
    func event_isAnsweredAsTheTableSays_inEachState(_ state: State) {
        let lines = RelayBench.tried.map { event in
            var bench = RelayBench(after: state.events)
            return "\(event): \(RelayBench.describe(bench.apply(event)))"
        }
        #expect(lines.joined(separator: "\n") == state.expected)
    }

    static let states = [
        State(
            "open",
            expected: """
                clientData: pass <'c'
                upstreamData: pass >'u'
                clientClose: upstream <1000 bye, drain client, 10 s
                upstreamClose: client >3000 end, drain upstream, 10 s
                clientBroken: client >1002 reserved opcode, upstream <1001 reserved opcode, drain client, drain upstream, 1 s, finish client
                upstreamBroken: client >1011 upstream broke the protocol, upstream <1002 reserved opcode, drain client, drain upstream, 10 s
                clientGone: drain upstream, 10 s, end upstream afterFlush
                upstreamGone: client >1011 upstream connection lost, drain client, 10 s
                expired: client >4001 token expired, upstream <4001 token expired, drain client, drain upstream, 1 s
                stopped: client >1012 restart, upstream <1001 restart, drain client, drain upstream, 1 s
                deadline: -
                """
        ),
        State(
            "client in a frame", .clientPart,
            expected: """
                clientData: pass 10 bytes
                upstreamData: pass >'u'
                clientClose: pass 3 bytes, upstream <1000 bye, drain client, 10 s
                upstreamClose: client >3000 end, drain upstream, 10 s
                clientBroken: pass 3 bytes, client >1002 reserved opcode, upstream <1001 reserved opcode, drain client, drain upstream, 1 s, finish client
                upstreamBroken: client >1011 upstream broke the protocol, drain upstream, 10 s
                clientGone: drain upstream, 10 s, end upstream afterFlush
                upstreamGone: client >1011 upstream connection lost, drain client, 10 s
                expired: client >4001 token expired, drain client, drain upstream, 1 s, end upstream now
                stopped: client >1012 restart, drain upstream, 1 s
                deadline: -
                """
        ),
        State(
            "upstream in a frame", .upstreamPart,
            expected: """
                clientData: pass <'c'
                upstreamData: pass 6 bytes
                clientClose: upstream <1000 bye, drain client, 10 s
                upstreamClose: pass 3 bytes, client >3000 end, drain upstream, 10 s
                clientBroken: upstream <1001 reserved opcode, drain client, 1 s
                upstreamBroken: pass 3 bytes, client >1011 upstream broke the protocol, upstream <1002 reserved opcode, drain client, drain upstream, 10 s
                clientGone: drain upstream, 10 s, end upstream afterFlush
                upstreamGone: drain client, 10 s, end client afterFlush
                expired: upstream <4001 token expired, drain client, 1 s
                stopped: upstream <1001 restart, drain client, 1 s
                deadline: -
                """
        ),
        State(
            "client closed", .clientClose,
            expected: """
                clientData: -
                upstreamData: pass >'u'
                clientClose: -
                upstreamClose: client >3000 end, drain upstream, 1 s, end client afterFlush
                clientBroken: -
                upstreamBroken: client >1011 upstream broke the protocol, drain upstream, 1 s, end client afterFlush
                clientGone: drain upstream, 1 s
                upstreamGone: client >1000, 1 s, end client afterFlush
                expired: -
                stopped: -
                deadline: client >1000, drain upstream, 1 s, end client afterFlush, end upstream now
                """
        ),
        State(
            "upstream closed", .upstreamClose,
            expected: """
                clientData: pass <'c'
                upstreamData: -
                clientClose: upstream <1000 bye, drain client, 1 s, end client afterFlush
                upstreamClose: -
                clientBroken: upstream <1001 reserved opcode, drain client, 1 s, finish client
                upstreamBroken: -
                clientGone: end upstream afterFlush
                upstreamGone: drain client
                expired: upstream <4001 token expired, drain client, 1 s
                stopped: upstream <1001 restart, drain client, 1 s
                deadline: end client now, end upstream now
                """
        ),
        State(
            "both closed, client first", .clientClose, .upstreamClose,
            expected: """
                clientData: -
                upstreamData: -
                clientClose: -
                upstreamClose: -
                clientBroken: -
                upstreamBroken: -
                clientGone: 1 s
                upstreamGone: -
                expired: -
                stopped: -
                deadline: end client now, end upstream now
                """
        ),
        State(
            "both closed, upstream first", .upstreamClose, .clientClose,
            expected: """
                clientData: -
                upstreamData: -
                clientClose: -
                upstreamClose: -
                clientBroken: -
                upstreamBroken: -
                clientGone: 1 s
                upstreamGone: -
                expired: -
                stopped: -
                deadline: end client now, end upstream now
                """
        ),
        State(
            "client broke the protocol", .clientBroken,
            expected: """
                clientData: -
                upstreamData: -
                clientClose: -
                upstreamClose: -
                clientBroken: -
                upstreamBroken: -
                clientGone: 1 s
                upstreamGone: -
                expired: -
                stopped: -
                deadline: end client now, end upstream now
                """
        ),
        State(
            "client broke the protocol, upstream in a frame", .upstreamPart, .clientBroken,
            expected: """
                clientData: -
                upstreamData: pass 3 bytes, client >1002 reserved opcode, drain upstream, finish client
                clientClose: -
                upstreamClose: pass 3 bytes, client >1002 reserved opcode, drain upstream, finish client
                clientBroken: -
                upstreamBroken: pass 3 bytes, client >1002 reserved opcode, drain upstream, finish client
                clientGone: drain upstream, 1 s
                upstreamGone: end client afterFlush
                expired: 1 s
                stopped: 1 s
                deadline: end client now, end upstream now
                """
        ),
        State(
            "upstream broke the protocol", .upstreamBroken,
            expected: """
                clientData: -
                upstreamData: -
                clientClose: 1 s, end client afterFlush
                upstreamClose: -
                clientBroken: 1 s, finish client
                upstreamBroken: -
                clientGone: 1 s
                upstreamGone: -
                expired: -
                stopped: -
                deadline: end client now, end upstream now
                """
        ),
        State(
            "upstream broke the protocol, client in a frame", .clientPart, .upstreamBroken,
            expected: """
                clientData: pass 3 bytes, upstream <1002 reserved opcode, drain client
                upstreamData: -
                clientClose: pass 3 bytes, upstream <1002 reserved opcode, drain client, 1 s, end client afterFlush
                upstreamClose: -
                clientBroken: pass 3 bytes, upstream <1002 reserved opcode, drain client, 1 s, finish client
                upstreamBroken: -
                clientGone: end upstream afterFlush
                upstreamGone: drain client
                expired: drain client, 1 s, end upstream now
                stopped: 1 s
                deadline: end client now, end upstream now
                """
        ),
        State(
            "expired", .expired,
            expected: """
                clientData: -
                upstreamData: -
                clientClose: 1 s, end client afterFlush
                upstreamClose: -
                clientBroken: 1 s, finish client
                upstreamBroken: -
                clientGone: 1 s
                upstreamGone: -
                expired: -
                stopped: -
                deadline: end client now, end upstream now
                """
        ),
        State(
            "expired, client in a frame", .clientPart, .expired,
            expected: """
                clientData: -
                upstreamData: -
                clientClose: 1 s, end client afterFlush
                upstreamClose: -
                clientBroken: 1 s, finish client
                upstreamBroken: -
                clientGone: -
                upstreamGone: -
                expired: -
                stopped: -
                deadline: end client now
                """
        ),
        State(
            "expired, upstream in a frame", .upstreamPart, .expired,
            expected: """
                clientData: -
                upstreamData: pass 3 bytes, client >4001 token expired, drain upstream
                clientClose: -
                upstreamClose: pass 3 bytes, client >4001 token expired, drain upstream
                clientBroken: 1 s
                upstreamBroken: pass 3 bytes, client >4001 token expired, drain upstream
                clientGone: drain upstream, 1 s
                upstreamGone: end client afterFlush
                expired: -
                stopped: -
                deadline: end client now, end upstream now
                """
        ),
        State(
            "expired, both in a frame", .clientPart, .upstreamPart, .expired,
            expected: """
                clientData: -
                upstreamData: pass 3 bytes, client >4001 token expired, drain upstream, end upstream now
                clientClose: -
                upstreamClose: pass 3 bytes, client >4001 token expired, drain upstream, end upstream now
                clientBroken: 1 s
                upstreamBroken: pass 3 bytes, client >4001 token expired, drain upstream, end upstream now
                clientGone: drain upstream, end upstream now
                upstreamGone: end client afterFlush
                expired: -
                stopped: -
                deadline: end client now, end upstream now
                """
        ),
        State(
            "stopped, client in a frame", .clientPart, .stopped,
            expected: """
                clientData: pass 3 bytes, upstream <1001 restart, drain client
                upstreamData: -
                clientClose: pass 3 bytes, upstream <1001 restart, drain client, 1 s, end client afterFlush
                upstreamClose: -
                clientBroken: pass 3 bytes, upstream <1001 restart, drain client, 1 s, finish client
                upstreamBroken: -
                clientGone: end upstream afterFlush
                upstreamGone: drain client
                expired: drain client, end upstream now
                stopped: -
                deadline: end client now, end upstream now
                """
        ),
        State(
            "client gone", .clientGone,
            expected: """
                clientData: -
                upstreamData: -
                clientClose: -
                upstreamClose: -
                clientBroken: -
                upstreamBroken: -
                clientGone: -
                upstreamGone: no deadline, finished
                expired: -
                stopped: -
                deadline: end upstream now
                """
        ),
        State(
            "upstream gone", .upstreamGone,
            expected: """
                clientData: -
                upstreamData: -
                clientClose: 1 s, end client afterFlush
                upstreamClose: -
                clientBroken: 1 s, finish client
                upstreamBroken: -
                clientGone: no deadline, finished
                upstreamGone: -
                expired: -
                stopped: -
                deadline: end client now
                """
        ),
        State(
            "upstream gone in a frame", .upstreamPart, .upstreamGone,
            expected: """
                clientData: -
                upstreamData: -
                clientClose: -
                upstreamClose: -
                clientBroken: 1 s
                upstreamBroken: -
                clientGone: no deadline, finished
                upstreamGone: -
                expired: -
                stopped: -
                deadline: end client now
                """
        ),
        State(
            "client closed, then upstream gone", .clientClose, .upstreamGone,
            expected: """
                clientData: -
                upstreamData: -
                clientClose: -
                upstreamClose: -
                clientBroken: -
                upstreamBroken: -
                clientGone: no deadline, finished
                upstreamGone: -
                expired: -
                stopped: -
                deadline: end client now
                """
        ),
        State(
            "client closed, then client gone", .clientClose, .clientGone,
            expected: """
                clientData: -
                upstreamData: -
                clientClose: -
                upstreamClose: -
                clientBroken: -
                upstreamBroken: -
                clientGone: -
                upstreamGone: no deadline, finished
                expired: -
                stopped: -
                deadline: end upstream now
                """
        ),
        State(
            "upstream closed, then upstream gone", .upstreamClose, .upstreamGone,
            expected: """
                clientData: -
                upstreamData: -
                clientClose: 1 s, end client afterFlush
                upstreamClose: -
                clientBroken: 1 s, finish client
                upstreamBroken: -
                clientGone: no deadline, finished
                upstreamGone: -
                expired: -
                stopped: -
                deadline: end client now
                """
        ),
        State(
            "client closed, upstream too late", .clientClose, .deadline,
            expected: """
                clientData: -
                upstreamData: -
                clientClose: -
                upstreamClose: -
                clientBroken: -
                upstreamBroken: -
                clientGone: 1 s
                upstreamGone: -
                expired: -
                stopped: -
                deadline: end client now
                """
        ),
        State(
            "finished", .clientGone, .upstreamGone,
            expected: """
                clientData: -
                upstreamData: -
                clientClose: -
                upstreamClose: -
                clientBroken: -
                upstreamBroken: -
                clientGone: -
                upstreamGone: -
                expired: -
                stopped: -
                deadline: -
                """
        ),
    ]
}
