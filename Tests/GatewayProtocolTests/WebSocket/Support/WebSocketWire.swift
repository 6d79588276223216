import GatewayProtocol
import NIOCore

/// Frames built byte by byte, sharing nothing with the code under test.
enum WebSocketWire {
    static let mask: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]

    enum Length { case minimal, sixteen, sixtyFour }

    static func frame(
        _ opcode: UInt8,
        _ payload: [UInt8] = [],
        masked: Bool,
        fin: Bool = true,
        rsv: UInt8 = 0,
        length: Length = .minimal
    ) -> [UInt8] {
        let header = self.header(opcode, length: UInt64(payload.count), masked: masked, fin: fin, rsv: rsv, as: length)
        return header + (masked ? self.masked(payload) : payload)
    }

    static func header(
        _ opcode: UInt8,
        length: UInt64,
        masked: Bool,
        fin: Bool = true,
        rsv: UInt8 = 0,
        as form: Length = .minimal
    ) -> [UInt8] {
        var bytes: [UInt8] = [(fin ? 0x80 : 0) | rsv << 4 | opcode]
        let bit: UInt8 = masked ? 0x80 : 0
        switch form {
        case .minimal where length < 126:
            bytes.append(bit | UInt8(length))
        case .minimal where length < 65536, .sixteen:
            bytes += [bit | 126, UInt8(length >> 8 & 0xFF), UInt8(length & 0xFF)]
        case .minimal, .sixtyFour:
            bytes.append(bit | 127)
            for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(length >> UInt64(shift) & 0xFF)) }
        }
        return masked ? bytes + self.mask : bytes
    }

    static func masked(_ payload: [UInt8]) -> [UInt8] {
        payload.indices.map { payload[$0] ^ self.mask[$0 % 4] }
    }

    static func text(_ text: String, masked: Bool, fin: Bool = true) -> [UInt8] {
        self.frame(0x1, Array(text.utf8), masked: masked, fin: fin)
    }

    static func close(_ code: UInt16?, _ reason: String = "", masked: Bool) -> [UInt8] {
        guard let code else { return self.frame(0x8, masked: masked) }
        return self.frame(0x8, [UInt8(code >> 8), UInt8(code & 0xFF)] + Array(reason.utf8), masked: masked)
    }

    /// Opcodes and payload lengths of the frames that `bytes` consists of; nil when it ends inside one.
    static func frames(_ bytes: [UInt8]) -> [SeenFrame]? {
        var found: [SeenFrame] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            guard let frame = SeenFrame(&rest) else { return nil }
            found.append(frame)
        }
        return found
    }
}

/// A frame taken apart the slow way.
struct SeenFrame: Equatable {
    var opcode: UInt8
    var fin: Bool
    var rsv: UInt8
    var isMasked: Bool
    var payload: [UInt8]
    var bytes: [UInt8]

    /// Removes one frame from the front; nil and nothing removed when it is not all there.
    init?(_ rest: inout ArraySlice<UInt8>) {
        let all = Array(rest)
        guard all.count >= 2 else { return nil }
        var length = Int(all[1] & 0x7F)
        var at = 2
        if length > 125 {
            let size = length == 126 ? 2 : 8
            guard all.count >= 2 + size, all[2] < 0x80 || size == 2 else { return nil }
            length = all[2..<(2 + size)].reduce(0) { $0 << 8 | Int($1) }
            at += size
        }
        let key = all[1] & 0x80 != 0 ? all.dropFirst(at).prefix(4) : []
        let isMasked = all[1] & 0x80 != 0
        if isMasked { at += 4 }
        guard all.count >= at, all.count - at >= length else { return nil }
        self.opcode = all[0] & 0x0F
        self.fin = all[0] & 0x80 != 0
        self.rsv = all[0] >> 4 & 0x7
        self.isMasked = isMasked
        let wire = Array(all[at..<(at + length)])
        self.payload = isMasked ? wire.indices.map { wire[$0] ^ Array(key)[$0 % 4] } : wire
        self.bytes = Array(all[..<(at + length)])
        rest = rest.dropFirst(at + length)
    }

    var closeCode: UInt16? { self.payload.count >= 2 ? UInt16(self.payload[0]) << 8 | UInt16(self.payload[1]) : nil }
    var closeReason: String { String(decoding: self.payload.dropFirst(2), as: UTF8.self) }
}

/// A repeatable source of random numbers.
struct WebSocketRandom: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { self.state = seed }

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
