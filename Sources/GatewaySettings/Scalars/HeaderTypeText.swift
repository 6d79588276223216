/// Values of `typ` in a token's header: media types, mostly without their `application/` (RFC 7515 section 4.1.9).
enum HeaderTypeText {
    static func parse(_ text: String) throws(ScalarProblem) -> String {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        // RFC 6838 section 4.2
        guard parts.count <= 2,
            parts.allSatisfy({ (1...127).contains($0.utf8.count) && $0.utf8.allSatisfy(self.isName) })
        else { throw ScalarProblem("is no type", hint: "write JWT, at+jwt or another media type") }
        return text
    }

    /// What two spellings of one type have in common.
    static func mediaType(_ text: String) -> String {
        let lower = text.lowercased()
        return lower.contains("/") ? lower : "application/" + lower
    }

    private static func isName(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$&-^_.+".utf8.contains(byte)
        }
    }
}
