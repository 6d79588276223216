import NIOHTTP1

/// One whole answer.
struct DemoResponse: Sendable {
    var status: HTTPResponseStatus
    var headers: HTTPHeaders
    var body: [UInt8]

    static func json(
        _ value: JSONValue, status: HTTPResponseStatus = .ok, headers extra: HTTPHeaders = [:]
    ) -> DemoResponse {
        var headers: HTTPHeaders = ["Content-Type": "application/json", "Vary": "Accept", "Cache-Control": "no-store"]
        headers.add(contentsOf: extra)
        return DemoResponse(status: status, headers: headers, body: Array(value.text.utf8))
    }

    static func detail(
        _ text: String, status: HTTPResponseStatus, headers: HTTPHeaders = [:]
    ) -> DemoResponse {
        json(["detail": .string(text)], status: status, headers: headers)
    }

    /// The status line and nothing else: how ASGI servers answer a socket that was closed before it was accepted.
    static func empty(_ status: HTTPResponseStatus) -> DemoResponse {
        DemoResponse(status: status, headers: [:], body: [])
    }

    static let challenge: HTTPHeaders = ["WWW-Authenticate": #"Bearer realm="api""#]
}
