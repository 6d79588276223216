import GatewaySettings
import NIOSSL

/// Loads a listener's certificate chain and key.
enum TLSContext {
    static func load(_ settings: TLSListenSettings) -> Result<NIOSSLContext, SettingsProblem> {
        let chain: [NIOSSLCertificate]
        do {
            chain = try NIOSSLCertificate.fromPEMFile(settings.certificate.value)
        } catch {
            return .failure(self.problem(settings.certificate, "no PEM certificate can be read from this file"))
        }
        guard !chain.isEmpty else {
            return .failure(self.problem(settings.certificate, "the file holds no certificate"))
        }
        let key: NIOSSLPrivateKey
        do {
            key = try NIOSSLPrivateKey(file: settings.key.value, format: .pem)
        } catch {
            return .failure(self.problem(settings.key, "no PEM private key can be read from this file"))
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        do {
            return .success(try NIOSSLContext(configuration: configuration))
        } catch {
            return .failure(self.problem(settings.key, "the private key does not belong to the certificate"))
        }
    }

    private static func problem(_ path: Located<String>, _ message: String) -> SettingsProblem {
        SettingsProblem(
            location: path.location, message: "\(path.value): \(message)", hint: "a PEM file that this user may read")
    }
}
