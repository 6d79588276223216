/// Walks over the bytes of one scalar.
struct ScalarScanner {
    private let bytes: [UInt8]
    private(set) var position = 0

    init(_ text: String) { self.bytes = Array(text.utf8) }

    var isAtEnd: Bool { self.position >= self.bytes.count }
    var next: UInt8? { self.isAtEnd ? nil : self.bytes[self.position] }

    /// Digits, at least one; nil when there are none or the number does not fit.
    mutating func integer() -> Int? {
        let start = self.position
        var value = 0
        while let byte = self.next, byte >= 0x30, byte <= 0x39 {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int(byte &- 0x30))
            guard !overflow, !carry else { return nil }
            value = sum
            self.position += 1
        }
        return self.position == start ? nil : value
    }

    /// The longest run of ASCII letters, maybe empty.
    mutating func letters() -> String {
        let start = self.position
        while let byte = self.next, (byte | 0x20) >= 0x61, (byte | 0x20) <= 0x7A { self.position += 1 }
        return String(decoding: self.bytes[start..<self.position], as: UTF8.self)
    }

    mutating func skip(_ text: String) -> Bool {
        guard self.bytes[self.position...].starts(with: text.utf8) else { return false }
        self.position += text.utf8.count
        return true
    }

    mutating func skipSpaces() {
        while self.next == 0x20 { self.position += 1 }
    }
}
