import GatewayMessage

/// What a route cuts off the front of a path and puts there. What was matched and authorised is the whole path; what goes on
/// must still be that path, seen from further down.
struct PathPrefix: Sendable {
    /// Empty: nothing is cut.
    let stripped: [UInt8]
    let added: [UInt8]

    static let none = PathPrefix(stripped: [], added: [])

    /// How many bytes to cut. The path must begin with the prefix byte for byte (`/%63hat` is not `/chat`), and what is left
    /// with one slash: two, one of them perhaps encoded, would be another path to servers that drop slashes at the front.
    func cut(_ path: ByteRange, in bytes: RawSpan) throws(PathProblem) -> Int {
        let count = self.stripped.count
        guard count > 0 else { return 0 }
        guard path.count >= count,
            bytes.isEqual(ByteRange(start: path.lowerBound, end: path.lowerBound + count), self.stripped)
        else { throw .notUnderPrefix }
        let rest = ByteRange(start: path.lowerBound + count, end: path.upperBound)
        guard !rest.isEmpty else { return count }
        guard bytes.at(rest.lowerBound) == .slash else { throw .notUnderPrefix }
        guard rest.count > 1 else { return count }
        let second = bytes.at(rest.lowerBound + 1)
        let isEncodedSlash =
            second == .percent
            && Hexadecimal.pair(in: bytes, at: rest.lowerBound + 2, before: rest.upperBound) == .slash
        guard second != .slash, !isEncodedSlash else { throw .notUnderPrefix }
        return count
    }

    /// A prefix as the file says it: its decoded bytes without the leading slash.
    static func decoded(_ prefix: String) throws(PatternProblem) -> [UInt8] {
        let bytes = Array(prefix.utf8)
        guard bytes.first == .slash, bytes.count > 1, bytes.last != .slash, !bytes.contains(UInt8(ascii: "?")) else {
            throw PatternProblem(
                "“\(prefix)” is not a prefix", hint: "it begins with a slash and does not end with one: /chat")
        }
        var reader = PathReader()
        do throws(PathProblem) {
            try reader.read(whole: bytes)
            if let problem = reader.forms.problem { throw problem }
        } catch {
            throw PatternProblem("“\(prefix)” is not a prefix: \(error.detail)", hint: nil)
        }
        return Array((reader.isVerbatim ? bytes : reader.decoded).dropFirst())
    }
}
