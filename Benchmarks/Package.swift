// swift-tools-version: 6.2
import PackageDescription

// The targets under measurement are the gateway's own folders, built as part of this package so that `package` access
// reaches them.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

let package = Package(
    name: "tollgate-benchmarks",
    targets: [
        .systemLibrary(name: "CLibCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .target(name: "GatewayTokens", dependencies: ["CLibCrypto"], swiftSettings: settings),
        .target(name: "CountedAllocations"),
        .executableTarget(
            name: "TokenBenchmark",
            dependencies: ["CLibCrypto", "CountedAllocations", "GatewayTokens"],
            swiftSettings: settings
        ),
    ]
)
