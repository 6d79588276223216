import NIOSSL

/// Whether a certificate is a host's, by its DNS names alone (RFC 6125 section 6.4).
///
/// NIOSSL, which checks the rest, also takes a certificate that names the address it has connected to. Whoever forges DNS could
/// have one for an address of his own.
enum CertificateNames {
    static func match(_ host: String, _ certificate: NIOSSLCertificate) -> Bool {
        certificate._subjectAlternativeNames().contains { name in
            name.nameType == .dnsName && self.match(host, name: String(decoding: name.contents, as: UTF8.self))
        }
    }

    /// `*` stands for one whole label, the first, and never for a name right below the root.
    static func match(_ host: String, name: String) -> Bool {
        let (host, name) = (self.plain(host), self.plain(name))
        guard name.hasPrefix("*.") else { return !name.isEmpty && name == host }
        let parent = name.dropFirst(2)
        guard parent.contains("."), let dot = host.firstIndex(of: ".") else { return false }
        return dot > host.startIndex && host[host.index(after: dot)...] == parent
    }

    private static func plain(_ name: String) -> Substring {
        let name = name.lowercased()
        return name.hasSuffix(".") ? name.dropLast() : name[...]
    }
}
