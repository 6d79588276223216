import GatewayMessage
import Testing

@Suite struct EndOfWordTests {
    /// Every byte value at every place of a block, seen from every start.
    @Test func endOfWord_isTheFirstBlankOrControl() {
        for value in UInt8.min...UInt8.max {
            for place in 0..<20 {
                var bytes = Array(repeating: UInt8(ascii: "x"), count: 20)
                bytes[place] = value
                bytes[(place + 3) % 20] = 0xFF
                for start in 0...20 {
                    let expected = bytes[start...].firstIndex { $0 <= 0x20 } ?? 20
                    #expect(bytes.span.bytes.endOfWord(ByteRange(start: start, end: 20)) == expected)
                }
            }
        }
    }

    @Test func endOfWord_neverLooksBehindTheRange() {
        let bytes = Array("abcdefghijkl mnop".utf8)
        for end in 0...12 { #expect(bytes.span.bytes.endOfWord(ByteRange(start: 0, end: end)) == end) }
    }
}
