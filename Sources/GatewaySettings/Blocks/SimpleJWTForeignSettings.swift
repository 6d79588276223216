/// The settings of simplejwt that a verifier has no use for: those that issue tokens, and those that are gone.
enum SimpleJWTForeignSettings {
    /// Concern the views that hand out tokens, or the user table.
    static let ignored = [
        "USER_ID_FIELD", "SLIDING_TOKEN_REFRESH_EXP_CLAIM", "USER_AUTHENTICATION_RULE", "TOKEN_USER_CLASS",
        "SLIDING_TOKEN_LIFETIME", "REFRESH_TOKEN_LIFETIME", "SLIDING_TOKEN_REFRESH_LIFETIME", "ROTATE_REFRESH_TOKENS",
        "BLACKLIST_AFTER_ROTATION", "UPDATE_LAST_LOGIN", "JSON_ENCODER", "TOKEN_OBTAIN_SERIALIZER",
        "TOKEN_REFRESH_SERIALIZER", "TOKEN_VERIFY_SERIALIZER", "TOKEN_BLACKLIST_SERIALIZER",
        "SLIDING_TOKEN_OBTAIN_SERIALIZER", "SLIDING_TOKEN_REFRESH_SERIALIZER", "ON_LOGIN_SUCCESS", "ON_LOGIN_FAILED",
    ]

    /// simplejwt does not start with them either.
    private static let removed: [(name: String, successor: String?)] = [
        ("AUTH_HEADER_TYPE", "AUTH_HEADER_TYPES"), ("AUTH_TOKEN_CLASS", "AUTH_TOKEN_CLASSES"),
        ("SECRET_KEY", "SIGNING_KEY"),
        ("TOKEN_BACKEND_CLASS", nil),
    ]

    static func report(_ block: inout SettingsBlock) {
        for (name, successor) in self.removed {
            guard let field = block.takeRemoved(name) else { continue }
            let hint = successor.map { "write \($0)" } ?? "delete it"
            field.report("simplejwt has removed this setting", hint: hint)
        }
        // One line for all of them: a pasted SIMPLE_JWT may hold twenty.
        let written = self.ignored.compactMap { name in block.take(name).map { (name, $0) } }
        guard let first = written.map(\.1.location).min(by: { ($0.line, $0.column) < ($1.line, $1.column) }) else {
            return
        }
        var location = first
        location.key = block.location.key
        let names = written.map(\.0).joined(separator: ", ")
        block.field.context.notice(
            "only the issuer of tokens uses \(names)", at: location, hint: "kept for the backend, without effect here")
    }
}
