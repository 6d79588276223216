/// Where the gateway fetches something: over `https`, or from this machine over `http`.
package struct URLSettings: Sendable, Hashable {
    package enum Scheme: String, Sendable {
        case http, https

        package var defaultPort: Int { self == .http ? 80 : 443 }
    }

    package var scheme: Scheme
    /// A name in lower case, or an address without brackets.
    package var host: String
    package var port: Int
    /// What a request line names: begins with a slash, and goes on to the end of the query.
    package var path: String

    package init(scheme: Scheme, host: String, port: Int, path: String) {
        self.scheme = scheme
        self.host = host
        self.port = port
        self.path = path
    }

    /// As in `Host`: with the port only if it is not the scheme's own.
    package var authority: String {
        let host = self.host.contains(":") ? "[\(self.host)]" : self.host
        return self.port == self.scheme.defaultPort ? host : "\(host):\(self.port)"
    }
}
