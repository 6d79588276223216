import GatewayMessage

extension RawSpan {
    /// The byte at `offset`, bounds-checked. The same as `byte(_:)` of the message module, but inside this module: calls
    /// across modules are not inlined, and these loops read one byte at a time.
    func at(_ offset: Int) -> UInt8 { self.unsafeLoad(fromByteOffset: offset, as: UInt8.self) }

    func isEqual(_ range: ByteRange, _ text: [UInt8]) -> Bool {
        guard range.count == text.count else { return false }
        for index in 0..<text.count where self.at(range.lowerBound + index) != text[index] { return false }
        return true
    }

    /// `lowercase` must be in lower case.
    func isEqualIgnoringCase(_ range: ByteRange, _ lowercase: [UInt8]) -> Bool {
        guard range.count == lowercase.count else { return false }
        for index in 0..<lowercase.count where asciiLowercase(self.at(range.lowerBound + index)) != lowercase[index] {
            return false
        }
        return true
    }
}
