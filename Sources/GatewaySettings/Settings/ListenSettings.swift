/// A TCP or Unix-domain address as written: `127.0.0.1:8080`, `[::1]:8080`, `name:8000` or `unix:/path`.
package enum AddressSettings: Sendable, Hashable {
    case tcp(host: String, port: Int)
    case unix(path: String)
}

/// One address to listen on.
package struct ListenSettings: Sendable {
    package var address: Located<AddressSettings>
    package var tls: TLSListenSettings?
    /// Peers that announce their client with a PROXY protocol header, and must; nobody else may.
    package var proxyProtocol: [PeerRange] = []

    package init(address: Located<AddressSettings>, tls: TLSListenSettings? = nil) {
        self.address = address
        self.tls = tls
    }
}

/// Paths are resolved against the settings file's folder.
package struct TLSListenSettings: Sendable {
    package var certificate: Located<String>
    package var key: Located<String>

    package init(certificate: Located<String>, key: Located<String>) {
        self.certificate = certificate
        self.key = key
    }
}
