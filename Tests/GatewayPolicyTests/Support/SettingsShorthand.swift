import GatewayMessage
import GatewaySettings

// What settings text would say, for rules that are tested without it.

extension Located where Value == String {
    static func here(_ value: String, key: String = "test") -> Located {
        Located(value, at: SettingsLocation(file: "gateway.yaml", line: 1, column: 1, key: key))
    }
}

extension [String] {
    var located: [Located<String>] { self.map { .here($0) } }
}

extension PeerRange {
    /// `unix`, an address or a range; a test's own mistake is an empty range of nobody.
    static func of(_ text: String) -> PeerRange {
        if text == "unix" { return .unix }
        return .addresses(IPAddressRange(text) ?? IPAddressRange(IPAddress(high: .max, low: .max), prefixLength: 128))
    }
}

extension HeaderEditSettings {
    init(set: [String: String] = [:], add: [String: String] = [:], remove: [String] = []) {
        self.init()
        self.set = set.sorted { $0.key < $1.key }.map {
            HeaderLineSettings(name: .here($0.key), value: .here($0.value))
        }
        self.add = add.sorted { $0.key < $1.key }.map {
            HeaderLineSettings(name: .here($0.key), value: .here($0.value))
        }
        self.remove = remove.located
    }
}

extension CORSSettings {
    init(_ origins: [String], configure: (inout CORSSettings) -> Void = { _ in }) {
        self.init(origins: origins.located)
        configure(&self)
    }
}
