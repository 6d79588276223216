import GatewayMessage
import GatewayProtocol
import NIOCore

/// PROXY headers: the same verdict however they are cut, never a byte more consumed than the header has, and an address that
/// is written again in the text form is the same address.
enum ProxyHeaderInvariants {
    private struct Outcome: Equatable {
        var progress = ProxyHeaderProgress.needsMore
        var problem: ProxyHeaderProblem?
        var consumed = 0
    }

    static func check(_ input: [UInt8]) throws(BrokenInvariant) {
        var choices = FuzzChoices(input)
        let whole = self.parse(input, cuts: [])
        for cuts in choices.cuts(input.count).dropFirst() {
            try require(self.parse(input, cuts: cuts) == whole, "a header means the same however it is cut")
        }
        guard case .complete(let source, let port) = whole.progress else {
            try require(whole.consumed == 0, "nothing is consumed before the end")
            try require(whole.problem != nil || input.count < 4096, "a header ends")
            return
        }
        let header = Array(input[..<whole.consumed])
        try require(self.parse(header, cuts: []) == whole, "what follows does not matter")
        try require(self.parse(header.dropLast(), cuts: []) == Outcome(), "all of it is needed")
        if header.first == 0x50 {
            try require(header.count <= 107 && header.suffix(2) == [0x0D, 0x0A], "a line")
            try require(header.filter { $0 == 0x0D || $0 == 0x0A }.count == 2, "one line")
        } else {
            try require(header.count == 16 + Int(header[14]) * 256 + Int(header[15]), "a block as long as it says")
            try require(header[12] == 0x20 || header[12] == 0x21, "a known command")
            try require(header[12] == 0x21 || source == nil, "a local connection has no other source")
        }
        try require(0...0xFFFF ~= port && (source != nil || port == 0), "a port")
        guard let source else { return }
        let family = source.isV4 ? "TCP4" : "TCP6"
        let line = "PROXY \(family) \(String(decoding: source.text, as: UTF8.self)) "
        let again = Array("\(line)\(source.isV4 ? "192.0.2.1" : "2001:db8::1") \(port) 443\r\n".utf8)
        try require(self.parse(again, cuts: []).progress == whole.progress, "an address survives its text")
    }

    private static func parse(_ bytes: [UInt8], cuts: [Int]) -> Outcome {
        var parser = ProxyHeaderParser()
        var outcome = Outcome()
        var buffer = ByteBuffer()
        var start = 0
        do throws(ProxyHeaderProblem) {
            for end in cuts + [bytes.count] {
                buffer.writeBytes(bytes[start..<end])
                start = end
                outcome.progress = try parser.parse(&buffer)
            }
            outcome.consumed = bytes.count - buffer.readableBytes
        } catch {
            outcome.problem = error
        }
        return outcome
    }
}
