import NIOHTTP1

/// The chat page: one document with its style and script inside, and a policy that allows exactly these.
struct ChatPage: Sendable {
    let response: DemoResponse

    init() {
        let style = Self.style
        let script = Self.script
        let document = Self.markup(style: style, script: script)
        let policy = [
            "default-src 'none'", "connect-src 'self' ws: wss:", "img-src data:", "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'", "style-src \(Self.source(style))", "script-src \(Self.source(script))",
        ]
        response = DemoResponse(
            status: .ok,
            headers: [
                "Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store",
                "Content-Security-Policy": policy.joined(separator: "; "),
                "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
            ],
            body: Array(document.utf8)
        )
    }

    private static func source(_ text: String) -> String {
        Digest.sha256(Array(text.utf8)).map { "'sha256-\(Base64.encoded($0))'" } ?? "'unsafe-inline'"
    }
}
