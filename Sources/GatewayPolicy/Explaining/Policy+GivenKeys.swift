import GatewayTokens

/// Why given keys are not taken.
package struct GivenKeysProblem: Error, Sendable {
    package var message: String
}

extension Policy {
    /// Puts a key set in the place of what would be fetched from a JWK_URL. `issuer` names whose; nil is allowed where only one
    /// has such a URL.
    package func giveKeys(_ document: [UInt8], issuer: String?) throws(GivenKeysProblem) {
        let remote = (self.tokens?.blocks ?? []).compactMap { block in block.remote.map { (block.name, $0) } }
        let names = remote.map(\.0).joined(separator: ", ")
        let keys: RemoteKeys
        if let issuer {
            guard let found = remote.first(where: { $0.0 == issuer }) else {
                throw GivenKeysProblem(message: "no issuer with a JWK_URL is called “\(issuer)” (there is \(names))")
            }
            keys = found.1
        } else {
            guard remote.count == 1 else {
                throw GivenKeysProblem(
                    message: remote.isEmpty
                        ? "the settings have no JWK_URL that keys could be given for"
                        : "several issuers have a JWK_URL: write one of \(names) and = before the file")
            }
            keys = remote[0].1
        }
        do throws(KeyProblem) {
            keys.replace(with: try LoadedKeys.published(document, algorithms: keys.source.algorithms).keys)
        } catch {
            throw GivenKeysProblem(message: error.message)
        }
    }
}
