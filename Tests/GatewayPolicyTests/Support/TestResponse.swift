import GatewayMessage
import GatewayPolicy

/// A response's block and its head, as `TestRequest`.
struct TestResponse {
    var block: [UInt8] = []
    var head = ResponseHead()

    init(_ lines: [String]) {
        for line in lines {
            let colon = line.firstIndex(of: ":") ?? line.endIndex
            let name = TestRequest.append(String(line[..<colon]), to: &self.block)
            _ = TestRequest.append(": ", to: &self.block)
            let value = TestRequest.append(String(line[colon...].dropFirst().drop { $0 == " " }), to: &self.block)
            _ = TestRequest.append("\r\n", to: &self.block)
            self.head.fields.append(TestRequest.field(name, value, in: self.block))
        }
    }

    func keptNames(by route: RouteTerms) -> [String] {
        var edited = self
        let block = self.block
        route.responseEdits?.apply(to: &edited.head, bytes: block.span.bytes)
        return edited.keptNames
    }

    /// The names of the lines that would reach the client.
    var keptNames: [String] {
        self.head.fields.filter { !$0.isDropped }.map { String(decoding: self.block[$0.name.range], as: UTF8.self) }
    }
}
