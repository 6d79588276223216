import GatewayProtocol
import NIOCore
import Testing

/// New tokens that come as messages of the client.
@Suite struct RelayRenewalTests {
    private static func bytes(_ buffer: ByteBuffer?) -> [UInt8] { buffer.map { Array($0.readableBytesView) } ?? [] }

    private static func passed(_ effects: RelayEffects) -> [UInt8] {
        Self.bytes(effects.orders?.beforeToOther) + Self.bytes(effects.toOther)
    }

    private static func rules(
        _ members: [(name: String, value: String)] = [("type", "renew")],
        token: String = "token"
    ) throws -> RelayRules {
        let pattern = try #require(RenewalPattern(members: members, tokenMember: token))
        return RelayRules(
            renewal: RenewalRule(pattern: pattern, accepted: Array("ok".utf8), refused: Array("no".utf8)))
    }

    private static func token(_ effects: RelayEffects) -> String? {
        effects.orders?.renewalToken.map { String(decoding: $0, as: UTF8.self) }
    }

    private static let renewal = WebSocketWire.text(#"{"type":"renew","token":"eyJ.a-b_c.d"}"#, masked: true)

    // MARK: The pattern

    @Test(arguments: [
        #"{"type":"renew","token":"abc"}"#, #"{"token":"abc","type":"renew"}"#,
        #" { "type" : "renew" , "token" : "abc" } "#, "\t{\"type\"\n:\r\"renew\",\"token\":\"abc\"}\n",
    ])
    func message_isARenewal(_ text: String) throws {
        let bench = WatchBench(try Self.rules())
        let effects = bench.send(WebSocketWire.text(text, masked: true), from: .client)
        #expect(Self.token(effects) == "abc")
        #expect(Self.passed(effects) == [])
    }

    @Test(arguments: [
        #"{"type":"renew"}"#, #"{"token":"abc"}"#, #"{"type":"renew","token":""}"#, "{}", "", " ", "hello", "[]",
        "null",
        #"{"type":"Renew","token":"abc"}"#, #"{"type":"renew","Token":"abc"}"#, #"{"type":"renews","token":"abc"}"#,
        #"{"type":"renew","token":"abc","x":"y"}"#, #"{"type":"renew","token":"abc","token":"abc"}"#,
        #"{"type":"renew","type":"renew","token":"abc"}"#, #"{"type":"renew","token":"abc"}x"#,
        #"{"type":"renew","token":"abc"},"#, #"{"type":"renew","token":"abc",}"#, #"{"type":"renew","token":"a\"c"}"#,
        #"{"type":"renew","token":"a\u0062c"}"#, #"{"\u0074ype":"renew","token":"abc"}"#,
        #"{"type":"renew","token":abc}"#, #"{"type":"renew","token":1}"#, #"{"type":"renew","token":["abc"]}"#,
        #"{"type":"renew","token":{"a":"abc"}}"#, #"{"type":"renew" "token":"abc"}"#, #"{"type":"renew","token":"abc""#,
        #"{type:"renew",token:"abc"}"#, #"{"type":"renew","token":"äbc"}"#, #"["type":"renew","token":"abc"]"#,
        #"{"type":"renew","token":"a"# + "\u{0}" + #"c"}"#, #"{,"type":"renew","token":"abc"}"#,
        "\u{FEFF}" + #"{"type":"renew","token":"abc"}"#,
        #"{"type":"renew","token":"abc" "#, #"{"type""renew","token":"abc"}"#, #"{{"type":"renew","token":"abc"}}"#,
    ])
    func message_isTheBackends(_ text: String) throws {
        let message = WebSocketWire.text(text, masked: true)
        for pieces in [[message], message.map { [$0] }] {
            let bench = WatchBench(try Self.rules())
            var out: [UInt8] = []
            for piece in pieces {
                let effects = bench.send(piece, from: .client)
                #expect(Self.token(effects) == nil)
                out += Self.passed(effects)
            }
            #expect(out == message)
        }
    }

    @Test func pattern_mayHaveManyMembers_orOnlyTheToken() throws {
        let none = WatchBench(try Self.rules([], token: "t"))
        #expect(Self.token(none.send(WebSocketWire.text(#"{"t":"x"}"#, masked: true), from: .client)) == "x")
        let members = (0..<7).map { (name: "n\($0)", value: "v\($0)") }
        let many = WatchBench(try Self.rules(members, token: "t"))
        let json = members.reversed().map { #""\#($0.name)":"\#($0.value)""# }.joined(separator: ",")
        let text = #"{\#(json),"t":"x"}"#
        #expect(Self.token(many.send(WebSocketWire.text(text, masked: true), from: .client)) == "x")
        let missing = text.replacing(#""n3":"v3","#, with: "")
        #expect(Self.token(many.send(WebSocketWire.text(missing, masked: true), from: .client)) == nil)
    }

    @Test(
        arguments: [
            ([("a", "b"), ("a", "c")], "t"), ([("t", "b")], "t"), ([("a\"", "b")], "t"), ([("a", "b\\")], "t"),
            ([("a", "ü")], "t"), ([("a", "b")], "t\n"), ((0..<8).map { ("n\($0)", "v") }, "t"),
            ([("a", String(repeating: "b", count: 1 << 14))], "t"),
        ] as [([(String, String)], String)])
    func pattern_isRefused_whenNothingCouldMatch(_ members: [(String, String)], _ token: String) {
        #expect(RenewalPattern(members: members.map { (name: $0.0, value: $0.1) }, tokenMember: token) == nil)
    }

    // MARK: What is looked at

    @Test func fragmentedOrBinaryOrCompressed_isTheBackends() throws {
        let text = #"{"type":"renew","token":"abc"}"#
        let bytes = Array(text.utf8)
        let streams = [
            WebSocketWire.frame(2, bytes, masked: true), WebSocketWire.frame(1, bytes, masked: true, rsv: 4),
            WebSocketWire.frame(1, Array(bytes[..<9]), masked: true, fin: false)
                + WebSocketWire.frame(0, Array(bytes[9...]), masked: true),
            WebSocketWire.frame(1, bytes, masked: true, fin: false) + WebSocketWire.frame(0, masked: true),
            WebSocketWire.frame(2, masked: true, fin: false) + WebSocketWire.frame(0, bytes, masked: true),
        ]
        for stream in streams {
            for pieces in [[stream], stream.map { [$0] }] {
                let bench = WatchBench(try Self.rules(), deflate: true)
                var out: [UInt8] = []
                for piece in pieces {
                    let effects = bench.send(piece, from: .client)
                    #expect(Self.token(effects) == nil)
                    out += Self.passed(effects)
                }
                #expect(out == stream)
            }
        }
    }

    @Test func upstreamsMessages_areTheClients() throws {
        let bench = WatchBench(try Self.rules())
        let message = WebSocketWire.text(#"{"type":"renew","token":"abc"}"#, masked: false)
        #expect(Self.passed(bench.send(message, from: .upstream)) == message)
    }

    @Test func longMessages_passUnheld_andLongTokensAreTaken() throws {
        let bench = WatchBench(try Self.rules())
        let frame = #"{"type":"renew","token":""}"#.utf8.count
        for (count, isTaken) in [(16384 - frame, true), (16385 - frame, false)] {
            let token = String(repeating: "a", count: count)
            let message = WebSocketWire.text(#"{"type":"renew","token":"\#(token)"}"#, masked: true)
            let first = bench.send(Array(message[..<1000]), from: .client)
            #expect(Self.passed(first).isEmpty == isTaken)
            let last = bench.send(Array(message[1000...]), from: .client)
            #expect(Self.token(last) == (isTaken ? token : nil))
            #expect(Self.passed(first) + Self.passed(last) == (isTaken ? [] : message))
        }
    }

    /// A chat message is not held back because a read ended in it.
    @Test func otherMessages_areReleased_asSoonAsTheyDiffer() throws {
        let bench = WatchBench(try Self.rules())
        let message = WebSocketWire.text(
            #"{"type":"message","text":"\#(String(repeating: "x", count: 500))"}"#, masked: true)
        // Up to here it could be one.
        #expect(Self.passed(bench.send(Array(message[..<20]), from: .client)) == [])
        #expect(Self.passed(bench.send(Array(message[20..<30]), from: .client)) == Array(message[..<30]))
        #expect(Self.passed(bench.send(Array(message[30..<40]), from: .client)) == Array(message[30..<40]))
        #expect(Self.passed(bench.send(message[40...] + Self.renewal, from: .client)) == Array(message[40...]))
    }

    @Test func ordinaryMessages_passUncopied() throws {
        let bench = WatchBench(try Self.rules())
        let chat = WebSocketWire.text(#"{"type":"message","text":"hello, how are you"}"#, masked: true)
        let buffer = ByteBuffer(
            bytes: chat + chat + WebSocketWire.text("no JSON, and long enough to be looked at", masked: true))
        let address = buffer.withUnsafeReadableBytes { $0.baseAddress }
        let effects = bench.machine.received(from: .client, buffer, now: bench.time)
        #expect(effects.orders == nil && effects.toOther?.readableBytes == buffer.readableBytes)
        #expect(effects.toOther?.withUnsafeReadableBytes { $0.baseAddress } == address)
    }

    @Test func renewal_isCutOut_howeverReadsCutTheStream() throws {
        let before =
            WebSocketWire.text("a text that is somewhat longer than that", masked: true)
            + WebSocketWire.frame(9, [1], masked: true)
        let after =
            WebSocketWire.text(#"{"type":"message"}"#, masked: true) + WebSocketWire.frame(2, [1, 2, 3], masked: true)
        let stream = before + Self.renewal + after
        for cut in 0...stream.count {
            for second in [cut, min(cut + 5, stream.count)] {
                let bench = WatchBench(try Self.rules())
                var out: [UInt8] = []
                var tokens: [String] = []
                for piece in [stream[..<cut], stream[cut..<second], stream[second...]] where !piece.isEmpty {
                    let effects = bench.send(Array(piece), from: .client)
                    out += Self.passed(effects)
                    if let token = Self.token(effects) { tokens.append(token) }
                }
                #expect(out == before + after && tokens == ["eyJ.a-b_c.d"], "cut at \(cut) and \(second)")
            }
        }
        let bench = WatchBench(try Self.rules())
        #expect(stream.flatMap { Self.passed(bench.send([$0], from: .client)) } == before + after)
    }

    // MARK: Answers

    @Test(arguments: [(true, "ok"), (false, "no")])
    func answer_isInjected(_ isAccepted: Bool, _ text: String) throws {
        let bench = WatchBench(try Self.rules())
        bench.send(Self.renewal, from: .client)
        #expect(RelayBench.describe(bench.machine.renewalAnswered(isAccepted)) == "client >'\(text)'")
    }

    @Test func answers_waitForTheEndOfAMessage_inOrder() throws {
        let bench = WatchBench(try Self.rules())
        bench.send(WebSocketWire.text("a", masked: false, fin: false), from: .upstream)
        bench.send(Self.renewal, from: .client)
        #expect(bench.machine.renewalAnswered(false).isNothing)
        bench.send(Self.renewal, from: .client)
        #expect(bench.machine.renewalAnswered(true).isNothing)
        #expect(
            RelayBench.describe(bench.send(WebSocketWire.frame(0, masked: false), from: .upstream))
                == "pass >'', client >'no' >'ok'")
    }

    /// Each costs a signature check.
    @Test func attempts_areFew() throws {
        let bench = WatchBench(try Self.rules())
        for _ in 0..<3 { #expect(Self.token(bench.send(Self.renewal, from: .client)) != nil) }
        #expect(RelayBench.describe(bench.send(Self.renewal, from: .client)) == "client >'no'")
        bench.pass(to: 1000)
        #expect(Self.token(bench.send(Self.renewal, from: .client)) != nil)
        #expect(Self.token(bench.send(Self.renewal, from: .client)) == nil)
        bench.pass(to: 10_000)
        let both = bench.send(Self.renewal + Self.renewal, from: .client)
        #expect(Self.token(both) != nil && Self.bytes(both.orders?.toClient) == WebSocketWire.text("no", masked: false))
    }

    @Test func refusals_doNotPileUp() throws {
        let bench = WatchBench(try Self.rules())
        bench.send(WebSocketWire.text("a", masked: false, fin: false), from: .upstream)
        for _ in 0..<10_000 { bench.send(Self.renewal, from: .client) }
        let end = bench.send(WebSocketWire.frame(0, masked: false), from: .upstream)
        #expect(Self.bytes(end.orders?.toClient).count <= 4100)
        bench.did(bench.machine.writabilityChanged(of: .client, isWritable: false, now: bench.time))
        for _ in 0..<10 { #expect(bench.send(Self.renewal, from: .client).orders?.toClient == nil) }
    }

    @Test func renewal_isDropped_whileTheSessionEnds() throws {
        let bench = WatchBench(try Self.rules())
        bench.send(WebSocketWire.close(1000, masked: false), from: .upstream)
        #expect(bench.send(Self.renewal, from: .client).isNothing)
        let chat = WebSocketWire.text(#"{"type":"message","text":"goodbye to you"}"#, masked: true)
        #expect(Self.passed(bench.send(chat, from: .client)) == chat)
    }

    /// What is held of it is no part of a frame for the backend: it gets its Close at once.
    @Test func heldMessage_isForgotten_whenTheTokenExpires() throws {
        let bench = WatchBench(try Self.rules())
        bench.send(Array(Self.renewal[..<20]), from: .client)
        #expect(RelayBench.describe(bench.machine.tokenExpired()).contains("upstream <4001"))
        #expect(bench.send(Array(Self.renewal[20...]), from: .client).isNothing)
    }

    @Test(arguments: 0..<20)
    func anyMessage_isTakenOrPassed_neverChanged(_ seed: UInt64) throws {
        var random = WebSocketRandom(seed)
        let alphabet = [#""type""#, #""renew""#, #""token""#, #""abc""#, "{", "}", ":", ",", " ", "\\", "\"", "x", "1"]
        for _ in 0..<300 {
            let bench = WatchBench(try Self.rules())
            var text = ""
            for _ in 0..<Int.random(in: 0...14, using: &random) { text += alphabet.randomElement(using: &random) ?? "" }
            if Bool.random(using: &random) {
                var whole = Array(#"{"type":"renew","token":"abc"}"#)
                whole[Int.random(in: 0..<whole.count, using: &random)] = Character(
                    alphabet.randomElement(using: &random)?.first.map { String($0) } ?? "x")
                text = String(whole)
            }
            let message = WebSocketWire.text(text, masked: true)
            let cut = Int.random(in: 0...message.count, using: &random)
            let first = bench.send(Array(message[..<cut]), from: .client)
            let second = bench.send(Array(message[cut...]), from: .client)
            let isTaken = Self.token(first) ?? Self.token(second) != nil
            #expect(Self.passed(first) + Self.passed(second) == (isTaken ? [] : message), "\(text)")
            if isTaken {
                #expect(NaiveJSON.token(text) != nil, "\(text)")
            } else {
                #expect(NaiveJSON.token(text) == nil, "\(text)")
            }
        }
    }
}

/// The pattern of these tests as a regular expression.
private enum NaiveJSON {
    static func token(_ text: String) -> String? {
        let type = #"\s*"type"\s*:\s*"renew"\s*"#
        let token = #"\s*"token"\s*:\s*"[ !#-\[\]-~]+"\s*"#
        guard let regex = try? Regex(#"\s*\{(\#(type),\#(token)|\#(token),\#(type))\}\s*"#) else { return nil }
        return text.wholeMatch(of: regex) == nil ? nil : text
    }
}
