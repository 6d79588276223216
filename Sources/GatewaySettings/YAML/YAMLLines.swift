/// The lines of a file, counted from 1 as marks count them.
struct YAMLLines {
    private let bytes: UnsafeBufferPointer<UInt8>
    private let starts: [Int]

    /// `bytes` must outlive the lines.
    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
        self.starts = [0] + bytes.indices.filter { bytes[$0] == 0x0A }.map { $0 + 1 }
    }

    /// Without its break; empty where there is none.
    subscript(number: Int) -> [UInt8] {
        guard self.starts.indices.contains(number - 1) else { return [] }
        return Array(self.bytes[self.starts[number - 1]...].prefix { $0 != 0x0A })
    }

    /// The nearest line above that says something, without what is blank at its end.
    func previous(before number: Int) -> [UInt8] {
        for line in self.upwards(from: number - 1) {
            let text = self[line]
            guard let first = text.first(where: { !Self.isBlank($0) }), first != UInt8(ascii: "#") else { continue }
            return text.lastIndex { !Self.isBlank($0) }.map { Array(text[...$0]) } ?? []
        }
        return []
    }

    /// The nearest line, this one or one above, that begins something in the first column.
    func block(around number: Int) -> Int? {
        self.upwards(from: number).first { line in
            let start = self.starts[line - 1]
            guard start < self.bytes.count else { return false }
            switch self.bytes[start] {
            case 0x09, 0x0A, 0x0D, 0x20, UInt8(ascii: "#"), UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: ")"):
                return false
            default: return true
            }
        }
    }

    private func upwards(from number: Int) -> some Sequence<Int> {
        stride(from: min(number, self.starts.count), to: 0, by: -1)
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
}
