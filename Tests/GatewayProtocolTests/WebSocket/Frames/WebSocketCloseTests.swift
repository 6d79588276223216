import GatewayProtocol
import NIOCore
import Testing

@Suite struct WebSocketCloseTests {
    @Test func code_maybeSent_exactlyInTheRegisteredRanges() {
        let allowed = Set<UInt16>([1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014])
        for code in UInt16.min...UInt16.max {
            #expect(WebSocketCloseCode.mayBeSent(code) == (allowed.contains(code) || (3000...4999).contains(code)))
        }
    }

    @Test(arguments: [(4001, 4001), (3000, 3000), (1012, 1001), (1008, 1001), (1000, 1001)] as [(UInt16, UInt16)])
    func code_towardsUpstream_keepsApplicationCodesOnly(_ code: UInt16, _ expected: UInt16) {
        #expect(WebSocketCloseCode.towardsUpstream(code) == expected)
    }

    @Test func reason_isCut_whereACharacterEnds() {
        #expect(WebSocketClose(1000, text: String(repeating: "a", count: 130)).reason.count == 123)
        #expect(WebSocketClose(1000, text: String(repeating: "a", count: 123)).reason.count == 123)
        // "é" is two bytes, "€" three, "😀" four.
        #expect(WebSocketClose(1000, text: "a" + String(repeating: "é", count: 70)).reason.count == 123)
        #expect(WebSocketClose(1000, text: String(repeating: "é", count: 70)).reason.count == 122)
        #expect(WebSocketClose(1000, text: String(repeating: "€", count: 50)).reason.count == 123)
        #expect(WebSocketClose(1000, text: String(repeating: "😀", count: 50)).reason.count == 120)
        #expect(WebSocketClose(code: 1000, reason: Array(repeating: 0x80, count: 200)).reason.isEmpty)
        #expect(WebSocketClose(code: nil, reason: [0x61]).reason.isEmpty)
    }

    private static func written(_ write: (inout ByteBuffer) -> Void) -> [UInt8] {
        var out = ByteBuffer()
        write(&out)
        return Array(out.readableBytesView)
    }

    @Test func closeFrame_isPlainForTheClient_maskedForTheUpstream() throws {
        let close = WebSocketClose(4001, "token expired")
        let plain = Self.written { WebSocketFrameWriter.writeClose(close, into: &$0) }
        #expect(plain == WebSocketWire.close(4001, "token expired", masked: false))
        let masked = Self.written { WebSocketFrameWriter.writeClose(close, maskKey: 0x37FA_213D, into: &$0) }
        #expect(masked == WebSocketWire.close(4001, "token expired", masked: true))
        #expect(Self.written { WebSocketFrameWriter.writeClose(.empty, into: &$0) } == [0x88, 0x00])
        #expect(
            Self.written { WebSocketFrameWriter.writeClose(.empty, maskKey: 1, into: &$0) } == [0x88, 0x80, 0, 0, 0, 1]
        )
    }

    @Test(arguments: [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535] as [UInt16])
    func closeFrame_says1011_insteadOfAnInvalidCode(_ code: UInt16) throws {
        let bytes = Self.written { WebSocketFrameWriter.writeClose(WebSocketClose(code, ""), into: &$0) }
        #expect(bytes == WebSocketWire.close(1011, masked: false))
    }

    @Test func pingAndPong_carryTheirPayload_cutTo125Bytes() {
        #expect(
            Self.written { WebSocketFrameWriter.writePing([1, 2, 3], into: &$0) }
                == WebSocketWire.frame(0x9, [1, 2, 3], masked: false)
        )
        #expect(
            Self.written { WebSocketFrameWriter.writePong([1, 2, 3, 4, 5], maskKey: 0x37FA_213D, into: &$0) }
                == WebSocketWire.frame(0xA, [1, 2, 3, 4, 5], masked: true)
        )
        let long = Self.written { WebSocketFrameWriter.writePing(Array(repeating: 7, count: 200), into: &$0) }
        #expect(long == WebSocketWire.frame(0x9, Array(repeating: 7, count: 125), masked: false))
    }
}
