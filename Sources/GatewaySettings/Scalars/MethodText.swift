/// Request methods. Letter case counts (RFC 9110 section 9.1), so one in small letters would match nothing.
enum MethodText {
    /// The methods that a correction may name.
    private static let common = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    /// Others of the registry that look like one of those.
    private static let registered: Set<String> = ["ACL", "BIND", "COPY", "LINK", "LOCK", "MOVE", "SEARCH"]

    static func parse(_ text: String) throws(ScalarProblem) -> String {
        if text == "*" || ["ANY", "ALL"].contains(text.uppercased()) {
            throw ScalarProblem("is no method", hint: "name each one, such as [GET, POST]")
        }
        if text.contains(where: { $0 == "," || $0 == " " || $0 == "|" || $0 == "/" }) {
            throw ScalarProblem("is not one method", hint: "make each an item of its own: [GET, POST]")
        }
        let capitals = text.uppercased()
        if ["CONNECT", "TRACE"].contains(capitals) {
            throw ScalarProblem("is never served", hint: "delete it")
        }
        guard capitals == text else {
            let suggestion = capitals.utf8.allSatisfy(self.isMethodByte) ? "did you mean \(capitals)?" : nil
            throw ScalarProblem(
                "is written in small letters", hint: "methods are capitals: GET", suggestion: suggestion)
        }
        guard !text.isEmpty, text.utf8.allSatisfy(self.isMethodByte) else {
            throw ScalarProblem("is no method that can arrive", hint: "write one such as GET")
        }
        return text
    }

    /// What the request parser takes, as nginx does: Django turns methods into capitals, and other signs occur in none.
    private static func isMethodByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x41...0x5A, 0x2D, 0x5F: true
        default: false
        }
    }

    /// The common method that one which nobody registered looks like.
    static func likelyTypo(_ method: String) -> String? {
        guard !self.common.contains(method), !self.registered.contains(method) else { return nil }
        return Suggestion.nearest(to: method, among: self.common)
    }
}
