import GatewayMessage

/// The methods of a route, by name; `GET` includes `HEAD`.
struct MethodRule: Sendable, Equatable {
    private(set) var names: [[UInt8]] = []

    init(_ methods: [String]) {
        for method in methods {
            self.append(Array(method.utf8))
            if method == "GET" { self.append(Array("HEAD".utf8)) }
        }
    }

    private mutating func append(_ name: [UInt8]) {
        if !self.names.contains(name) { self.names.append(name) }
    }

    mutating func add(_ other: MethodRule) {
        for name in other.names { self.append(name) }
    }

    func allows(_ method: ByteRange, in bytes: RawSpan) -> Bool {
        for name in self.names where bytes.isEqual(method, name) { return true }
        return false
    }

    /// The value of an `Allow` line.
    var list: [UInt8] { Array(self.names.joined(separator: ", ".utf8)) }

    /// Why a text is no method that can arrive.
    static func objection(to method: String) -> PatternProblem? {
        let isName = !method.isEmpty && method.utf8.allSatisfy { $0 &- 0x41 < 26 || $0 == 0x2D || $0 == 0x5F }
        if !isName {
            return PatternProblem("“\(method)” is not a method", hint: "methods are in capitals: GET, POST")
        }
        if method == "CONNECT" || method == "TRACE" {
            return PatternProblem("“\(method)” can never match: the gateway refuses this method", hint: nil)
        }
        return nil
    }
}
