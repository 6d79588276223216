import GatewayMessage
package import GatewayPolicy
import GatewayProtocol
package import GatewaySettings
import NIOCore
import NIOSSL
import Synchronization

/// Everything one settings file decides, built whole, immutable, swapped by reference.
///
/// What a reload cannot change (listeners' addresses, the number of workers, the admin listener) stays with the server that
/// was started; `differencesNeedingRestart` names what such a file asked for.
package final class Snapshot: Sendable {
    package let settings: Settings
    package let policy: Policy
    let upstreams: [UpstreamDefinition]
    let requestLimits: HTTPLimits
    let responseLimits: HTTPLimits
    let bodyLimit: Int?
    let timeouts: ConnectionTimeouts
    /// By the listener's address; without one it speaks plain HTTP.
    private let tlsContexts: [AddressSettings: NIOSSLContext]
    let connectionLimit: Int
    /// Requests after which a client's connection is closed.
    let keepAliveRequests: Int
    let addressLimits: AddressLimitSettings
    /// By the listener's address: peers that send a PROXY protocol header.
    private let proxyProtocol: [AddressSettings: [PeerRange]]
    /// By the route's index; nil for routes without WebSockets.
    let relayPlans: [RelayPlan?]
    /// See `takeRevocationFile`.
    private let revocationFile: Mutex<RevocationFile?>

    private init(
        settings: Settings,
        policy: Policy,
        upstreams: [UpstreamDefinition],
        tlsContexts: [AddressSettings: NIOSSLContext],
        revocationFile: RevocationFile?
    ) {
        self.revocationFile = Mutex(revocationFile)
        self.settings = settings
        self.policy = policy
        self.upstreams = upstreams
        self.tlsContexts = tlsContexts
        self.requestLimits = HTTPLimits(
            requestLine: settings.limits.requestLine,
            headerLine: settings.limits.header,
            headerBlock: settings.limits.headerBlock,
            headerCount: settings.limits.headerCount
        )
        // A backend's cookies and policies are longer than what clients send.
        self.responseLimits = HTTPLimits(
            requestLine: settings.limits.requestLine,
            headerLine: max(settings.limits.header, 32 << 10),
            headerBlock: max(settings.limits.headerBlock, 64 << 10),
            headerCount: max(settings.limits.headerCount, 200)
        )
        self.bodyLimit = settings.limits.body
        self.connectionLimit = settings.limits.connections ?? FileDescriptors.connectionLimit
        self.keepAliveRequests = settings.limits.keepAliveRequests ?? .max
        self.relayPlans = policy.routes.map { $0.webSocket.map(RelayPlan.init) }
        self.addressLimits = settings.limits.address
        self.proxyProtocol = Dictionary(settings.listen.map { ($0.address.value, $0.proxyProtocol) }) { first, _ in
            first
        }
        self.timeouts = ConnectionTimeouts(settings.timeouts)
    }

    /// Reads a file and builds all of it, or reports everything that is wrong with it. Blocks: never called on a loop.
    /// Upstreams that `previous` has with the same settings are taken over, so that their connections stay.
    package static func load(
        _ source: SettingsSource,
        previous: Snapshot? = nil
    ) -> (snapshot: Snapshot?, problems: [SettingsProblem], notices: [SettingsProblem]) {
        let reading = source.read()
        guard let settings = reading.settings else {
            let texts = reading.remains.map(Policy.problemsOfTexts) ?? []
            let known = Set(reading.problems.map(\.location))
            let further = texts.filter { !known.contains($0.location) }
            return (nil, (reading.problems + further).sorted(by: SettingsProblem.isOrdered), reading.notices)
        }
        return self.build(settings, notices: reading.notices, previous: previous)
    }

    private static func build(
        _ settings: Settings,
        notices: [SettingsProblem],
        previous: Snapshot?
    ) -> (snapshot: Snapshot?, problems: [SettingsProblem], notices: [SettingsProblem]) {
        var holders = previous?.policy.remoteKeys ?? []
        let building = Policy.build(from: settings) { source in
            if let known = holders.first(where: { $0.source == source }) { return known }
            holders.append(RemoteKeys(source))
            return holders[holders.count - 1]
        }
        var problems = building.problems
        let notices = notices + building.notices
        var tlsContexts: [AddressSettings: NIOSSLContext] = [:]
        for listen in settings.listen {
            guard let tls = listen.tls else { continue }
            switch TLSContext.load(tls) {
            case .success(let context): tlsContexts[listen.address.value] = context
            case .failure(let problem): problems.append(problem)
            }
        }
        var revocationFile: RevocationFile?
        switch self.revocationFile(settings, previous: previous) {
        case nil: break
        case .success(let file): revocationFile = file
        case .failure(let problem): problems.append(problem)
        }
        guard problems.isEmpty, let policy = building.policy else { return (nil, problems, notices) }
        let upstreams = settings.upstreams.map { upstream in
            previous?.upstreams.first { $0.isDefined(by: upstream) } ?? UpstreamDefinition(upstream)
        }
        let snapshot = Snapshot(
            settings: settings, policy: policy, upstreams: upstreams, tlsContexts: tlsContexts,
            revocationFile: revocationFile)
        return (snapshot, [], notices)
    }

    /// Nil without one, or when it is the one that is in use: whoever keeps that reads it when it has changed, and does not
    /// give up the last list for a bad one.
    private static func revocationFile(
        _ settings: Settings, previous: Snapshot?
    ) -> Result<RevocationFile, SettingsProblem>? {
        guard let file = settings.tokens.revocation?.file,
            file.value != previous?.settings.tokens.revocation?.file?.value
        else { return nil }
        return RevocationFile.read(file.value).mapError { problem in
            SettingsProblem(
                location: file.location, message: "\(file.value): \(problem.message)",
                hint: #"{"jti": [], "users": []} revokes nothing"#)
        }
    }

    /// The list that was read with the settings, once: it does not stay here when there are others.
    func takeRevocationFile() -> RevocationFile? {
        self.revocationFile.withLock { file in
            defer { file = nil }
            return file
        }
    }

    /// Whether anything is counted by client address.
    var limitsAddresses: Bool {
        self.addressLimits.connectionsPerSecond != nil || self.addressLimits.requestsPerSecond != nil
    }

    /// Whether this peer begins with a PROXY protocol header.
    func announcesSource(_ peer: IPAddress?, on listener: AddressSettings) -> Bool {
        guard let peers = self.proxyProtocol[listener], !peers.isEmpty else { return false }
        return peers.contains(peer: peer)
    }

    /// Nil for an address that speaks plain HTTP, or that this snapshot does not have.
    func tlsContext(_ address: AddressSettings) -> NIOSSLContext? { self.tlsContexts[address] }

    /// The keys of `newer` that only a restart can apply.
    func differencesNeedingRestart(_ newer: Snapshot) -> [String] {
        var keys: [String] = []
        if self.settings.listen.map(\.address.value) != newer.settings.listen.map(\.address.value)
            || self.settings.listen.map({ $0.tls == nil }) != newer.settings.listen.map({ $0.tls == nil })
        {
            keys.append("listen")
        }
        if self.settings.threads != newer.settings.threads { keys.append("threads") }
        if self.settings.admin?.address.value != newer.settings.admin?.address.value { keys.append("admin") }
        if self.settings.logs.access != newer.settings.logs.access
            || self.settings.logs.format != newer.settings.logs.format
        {
            keys.append("logs")
        }
        return keys
    }
}

/// Where settings come from, again at each reload.
package struct SettingsSource: Sendable {
    private let name: String
    private let text: String?
    private let environment: [String: String]

    package init(file: String, environment: [String: String]) {
        self.name = file
        self.text = nil
        self.environment = environment
    }

    /// Settings that the program itself wrote; `name` stands in problems.
    package init(text: String, name: String) {
        self.name = name
        self.text = text
        self.environment = [:]
    }

    package func read() -> SettingsReading {
        guard let text = self.text else { return SettingsReader.read(file: self.name, environment: self.environment) }
        return SettingsReader.read(text: text, file: self.name, environment: self.environment, readFile: { _ in nil })
    }
}
