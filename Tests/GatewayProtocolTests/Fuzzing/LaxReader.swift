/// A reader as careless as the worst servers are said to be: lines end with any LF, names are folded as Django folds them,
/// blanks do not matter. What the gateway sends must mean the same even to it.
enum LaxReader {
    /// The lines of the one head in `bytes`, without their ends; nil when the empty line is not at the end of `bytes`, and
    /// only there.
    static func lines(_ bytes: [UInt8]) -> [[UInt8]]? {
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
            Array(line.last == 0x0D ? line.dropLast() : line)
        }
        guard lines.popLast() == [], lines.popLast() == [], !lines.contains([]) else { return nil }
        return lines
    }

    /// Values of all fields that somebody could take for `name`.
    static func values(_ lines: [[UInt8]], _ name: String) -> [[UInt8]] {
        let name = Array(name.utf8)
        return lines.dropFirst().compactMap { line in
            guard let colon = line.firstIndex(of: 0x3A) else { return nil }
            let folded = self.trimmed(line[..<colon]).map { byte -> UInt8 in
                switch byte {
                case 0x41...0x5A: byte | 0x20
                case 0x30...0x39, 0x61...0x7A: byte
                default: 0x2D
                }
            }
            return folded == name ? self.trimmed(line[(colon + 1)...]) : nil
        }
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        let isBlank = { (byte: UInt8) in byte <= 0x20 }
        return Array(bytes.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }

    /// Data of a chunked body, and the offset behind it; nil when its end is not in `bytes`.
    static func chunked(_ bytes: [UInt8]) -> (data: [UInt8], end: Int)? {
        var data: [UInt8] = []
        var at = 0
        while true {
            guard let line = self.line(bytes, &at) else { return nil }
            var size = 0
            for byte in line {
                guard let digit = self.hexadecimal(byte) else { break }
                size = size &<< 4 | digit
            }
            if size == 0 { break }
            guard size > 0, size <= bytes.count - at else { return nil }
            data += bytes[at..<(at + size)]
            at += size
            guard let rest = self.line(bytes, &at), rest.isEmpty else { return nil }
        }
        while let line = self.line(bytes, &at) {
            if line.isEmpty { return (data, at) }
        }
        return nil
    }

    private static func line(_ bytes: [UInt8], _ at: inout Int) -> ArraySlice<UInt8>? {
        guard let end = bytes[at...].firstIndex(of: 0x0A) else { return nil }
        let line = bytes[at..<end]
        at = end + 1
        return line.last == 0x0D ? line.dropLast() : line
    }

    private static func hexadecimal(_ byte: UInt8) -> Int? {
        switch byte {
        case 0x30...0x39: Int(byte) - 0x30
        case 0x41...0x46: Int(byte) - 0x37
        case 0x61...0x66: Int(byte) - 0x57
        default: nil
        }
    }
}
