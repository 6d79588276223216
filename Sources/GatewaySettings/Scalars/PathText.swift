/// Paths that this file gives to requests or compares with theirs.
enum PathText {
    /// `/chat`, `/api/v1`: nothing that a server could read in two ways.
    static func prefix(_ text: String) throws(ScalarProblem) -> String {
        let hint = "begin with a slash and end without one, such as /chat"
        guard text != "/" else {
            throw ScalarProblem("changes nothing", hint: "leave it out, or write one such as /chat")
        }
        guard !text.isEmpty, text.utf8.allSatisfy({ self.isUnreserved($0) || $0 == 0x2F }) else {
            throw ScalarProblem("is no prefix", hint: "write letters, digits, - . _ ~ and slashes only")
        }
        let segments = text.split(separator: "/", omittingEmptySubsequences: true)
        guard !segments.contains(where: { $0 == "." || $0 == ".." }) else {
            throw ScalarProblem("holds a dot segment", hint: "write the path it means")
        }
        let meant = segments.map { "/" + $0 }.joined()
        guard meant == text else {
            let message =
                !text.hasPrefix("/")
                ? "does not begin with a slash"
                : text.contains("//") ? "holds two slashes in a row" : "ends with a slash"
            throw ScalarProblem(message, hint: hint, suggestion: "write \(Excerpt.clean(meant))")
        }
        return text
    }

    /// A whole path as a client sends it.
    static func exact(_ text: String) throws(ScalarProblem) -> String {
        let hint = "write a path such as /healthz"
        guard !text.contains(where: { $0 == "?" || $0 == "#" }) else {
            throw ScalarProblem(
                "holds a query", hint: "write the path alone: whatever query comes with it is passed over")
        }
        guard !text.contains("://") else { throw ScalarProblem("is a URL, not a path", hint: hint) }
        guard text.hasPrefix("/") else {
            let isWord = (try? BooleanText.parse(text)) == nil && text.utf8.allSatisfy(self.isPathByte)
            let meant = isWord ? "did you mean /\(Excerpt.clean(text))?" : nil
            throw ScalarProblem("does not begin with a slash", hint: hint, suggestion: meant)
        }
        guard text.utf8.allSatisfy(self.isPathByte) else {
            throw ScalarProblem("is no path that a client could send", hint: hint)
        }
        let segments = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        guard !segments.contains(where: { $0 == "." || $0 == ".." }) else {
            throw ScalarProblem("holds a dot segment", hint: "clients leave it out: write the path it means")
        }
        guard !segments.dropLast().contains("") else { throw ScalarProblem("holds two slashes in a row", hint: hint) }
        return text
    }

    /// RFC 3986 section 2.3
    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: true
        default: false
        }
    }

    /// RFC 3986 section 3.3, without `%`: an escape would be compared as it is spelled.
    private static func isPathByte(_ byte: UInt8) -> Bool {
        self.isUnreserved(byte) || "/:@!$&'()*+,;=".utf8.contains(byte)
    }
}
