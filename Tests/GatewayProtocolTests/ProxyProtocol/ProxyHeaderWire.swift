import GatewayMessage
import GatewayProtocol
import NIOCore

/// What a parser makes of a connection's first bytes.
enum ProxyOutcome: Equatable {
    case needsMore
    case problem(ProxyHeaderProblem)
    /// `rest` is what the parser left.
    case complete(source: String?, port: Int, rest: [UInt8])

    init(_ bytes: [UInt8], cuts: [Int] = []) {
        var parser = ProxyHeaderParser()
        var buffer = ByteBuffer(string: "old")
        buffer.moveReaderIndex(forwardBy: 3)
        var start = 0
        self = .needsMore
        do throws(ProxyHeaderProblem) {
            for end in cuts + [bytes.count] {
                buffer.writeBytes(bytes[start..<end])
                start = end
                if case .complete(let source, let port) = try parser.parse(&buffer) {
                    self = .complete(
                        source: source.map { text($0.text) }, port: port, rest: Array(buffer.readableBytesView))
                }
            }
        } catch {
            self = .problem(error)
        }
    }
}

/// Blocks of version 2, right ones and wrong ones.
enum ProxyBlock {
    static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]
    static let v4: [UInt8] = [192, 0, 2, 1, 198, 51, 100, 7, 0xDC, 0x04, 0x01, 0xBB]
    static let v6: [UInt8] =
        [0x20, 0x01, 0x0D, 0xB8] + zeros(11) + [1, 0x20, 0x01, 0x0D, 0xB8] + zeros(11) + [7, 0xDC, 0x04, 0x01, 0xBB]

    static func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

    static func bytes(
        _ command: UInt8 = 0x21,
        _ family: UInt8 = 0x11,
        _ payload: [UInt8] = v4,
        length: Int? = nil
    ) -> [UInt8] {
        let length = length ?? payload.count
        return self.signature + [command, family, UInt8(length >> 8 & 0xFF), UInt8(length & 0xFF)] + payload
    }

    static func tlv(_ type: UInt8, _ value: [UInt8]) -> [UInt8] {
        [type, UInt8(value.count >> 8), UInt8(value.count & 0xFF)] + value
    }

    /// The block with its checksum extension filled in; `before` and `after` are the other extensions.
    static func summed(_ family: UInt8, _ addresses: [UInt8], before: [UInt8] = [], after: [UInt8] = []) -> [UInt8] {
        let payload = addresses + before + self.tlv(0x03, [0, 0, 0, 0]) + after
        var block = self.bytes(0x21, family, payload)
        let crc = self.crc32c(block)
        let at = 16 + addresses.count + before.count + 3
        for index in 0..<4 { block[at + index] = UInt8(crc >> UInt32(24 - 8 * index) & 0xFF) }
        return block
    }

    /// By polynomial division of the reflected message, written down from RFC 9260 appendix A.
    static func crc32c(_ bytes: [UInt8]) -> UInt32 {
        var remainder: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            for bit in 0..<8 {
                let incoming = UInt32(byte >> UInt8(bit) & 1)
                let outgoing = remainder & 1
                remainder >>= 1
                if incoming != outgoing { remainder ^= 0x82F6_3B78 }
            }
        }
        return ~remainder
    }
}
