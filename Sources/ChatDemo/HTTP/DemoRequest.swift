import NIOHTTP1

/// One whole request: what the views look at.
struct DemoRequest: Sendable {
    let method: HTTPMethod
    /// Percent-decoded once, as ASGI servers hand it over.
    let path: String
    let query: String
    let headers: HTTPHeaders
    let body: [UInt8]

    init(method: HTTPMethod, uri: String, headers: HTTPHeaders = [:], body: [UInt8] = []) {
        let halves = uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        self.method = method
        self.path = PercentEncoding.decoded(halves[0])
        self.query = halves.count == 2 ? String(halves[1]) : ""
        self.headers = headers
        self.body = body
    }

    init(head: HTTPRequestHead, body: [UInt8] = []) {
        self.init(method: head.method, uri: head.uri, headers: head.headers, body: body)
    }

    var asksForWebSocket: Bool {
        headers[canonicalForm: "upgrade"].contains { $0.lowercased() == "websocket" }
    }

    /// The only identity that this backend knows: the header that the gateway injected. Two of them are none.
    var userID: String? {
        let values = headers["X-User-Id"]
        return values.count == 1 ? values[0] : nil
    }
}

/// Percent-encoding as URLs and HTML forms use it.
enum PercentEncoding {
    /// Bad escapes stay as they are, bytes that are not UTF-8 become U+FFFD.
    static func decoded(_ text: Substring, plusIsBlank: Bool = false) -> String {
        let bytes = Array(text.utf8)
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "%"), bytes.count - index > 2,
                let high = hexDigit(bytes[index + 1]), let low = hexDigit(bytes[index + 2])
            {
                out.append(high << 4 | low)
                index += 3
            } else {
                out.append(plusIsBlank && byte == UInt8(ascii: "+") ? 0x20 : byte)
                index += 1
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// The fields of an `application/x-www-form-urlencoded` body.
    static func formFields(_ body: [UInt8]) -> [JSONMember] {
        String(decoding: body, as: UTF8.self).split(separator: "&").map { pair in
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = halves.count == 2 ? decoded(halves[1], plusIsBlank: true) : ""
            return JSONMember(name: decoded(halves[0], plusIsBlank: true), value: .string(value))
        }
    }
}
