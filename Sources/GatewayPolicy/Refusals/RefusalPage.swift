/// A refusal for people: one self-contained page in the colours their system prefers. It loads nothing, runs nothing, and
/// reflects nothing that the client sent but a request id.
enum RefusalPage {
    static func render(_ title: StaticString, status: Int, requestID: [UInt8]) -> [UInt8] {
        var page = Array(
            """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>\(status) \(title)</title>
            <style>
            :root { --text: #1c2024; --quiet: #60646c; --ground: #fcfcfd; }
            @media (prefers-color-scheme: dark) { :root { --text: #edeef0; --quiet: #b0b4ba; --ground: #111113; } }
            body { margin: 0; min-height: 100vh; display: grid; place-content: center; background: var(--ground);
              color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
            main { padding: 2rem; max-width: 34rem; }
            .status { margin: 0; color: var(--quiet); font-size: 3rem; line-height: 1; font-weight: 600; }
            h1 { margin: .75rem 0 .5rem; font-size: 1.5rem; line-height: 1.25; }
            p { margin: 0; }
            .request { margin-top: 2rem; color: var(--quiet); font-size: .875rem; overflow-wrap: anywhere; }
            </style>
            </head>
            <body>
            <main>
            <p class="status">\(status)</p>
            <h1>\(title)</h1>
            <p>\(self.sentence(status))</p>

            """.utf8)
        if !requestID.isEmpty {
            page += #"<p class="request">Request <code>"#.utf8
            for byte in requestID { self.append(byte, to: &page) }
            page += "</code></p>\n".utf8
        }
        page += "</main>\n</body>\n</html>\n".utf8
        return page
    }

    private static func append(_ byte: UInt8, to page: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "&"): page += "&amp;".utf8
        case UInt8(ascii: "<"): page += "&lt;".utf8
        case UInt8(ascii: ">"): page += "&gt;".utf8
        case UInt8(ascii: "\""): page += "&quot;".utf8
        case UInt8(ascii: "'"): page += "&#39;".utf8
        default: page.append(byte)
        }
    }

    /// What the reader can do about it.
    private static func sentence(_ status: Int) -> StaticString {
        switch status {
        case 403: "You cannot open this page from where you are."
        case 404: "Check the address, or go back to where you came from."
        case 405: "This address cannot be used in this way."
        case 408: "The connection was too slow. Please try again."
        case 413, 414, 431: "Your browser sent more than this site accepts."
        case 426: "This address is for WebSockets of the current version."
        case 429: "You have asked too often. Please wait a moment and try again."
        case 502, 503, 504: "The site cannot answer at the moment. Please try again shortly."
        case 500...599: "The site cannot answer this request."
        default: "The request was not understood. Check the address and try again."
        }
    }
}
