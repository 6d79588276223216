// swift-tools-version: 6.2
import PackageDescription

let strict = Context.environment["TOLLGATE_WARNINGS_AS_ERRORS"] != nil

let settings: [SwiftSetting] =
    [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        // One handler per channel, each confined to its loop: the dynamic exclusivity checks guard against nothing there
        // and cost a call per property access on the per-request path. Debug builds and tests keep them.
        .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
    ] + (strict ? [.treatAllWarnings(as: .error)] : [])

func nio(_ product: String) -> Target.Dependency { .product(name: product, package: "swift-nio") }

let package = Package(
    name: "tollgate",
    products: [.executable(name: "tollgate", targets: ["tollgate"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .systemLibrary(name: "CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CLibCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .target(name: "GatewayMessage", swiftSettings: settings),
        .target(name: "GatewaySettings", dependencies: ["CLibYAML", "GatewayMessage"], swiftSettings: settings),
        .target(name: "GatewayTokens", dependencies: ["CLibCrypto"], swiftSettings: settings),
        .target(
            name: "GatewayPolicy",
            dependencies: ["GatewayMessage", "GatewaySettings", "GatewayTokens"],
            swiftSettings: settings
        ),
        .target(
            name: "GatewayProtocol",
            dependencies: ["GatewayMessage", "CLibCrypto", nio("NIOCore")],
            swiftSettings: settings
        ),
        .target(
            name: "GatewayServer",
            dependencies: [
                "GatewayMessage", "GatewayPolicy", "GatewayProtocol", "GatewaySettings", "GatewayTokens",
                nio("NIOCore"), nio("NIOPosix"), nio("NIOHTTP1"), nio("NIOTLS"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "ChatDemo",
            dependencies: ["CLibCrypto", nio("NIOCore"), nio("NIOPosix"), nio("NIOHTTP1"), nio("NIOWebSocket")],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "tollgate",
            dependencies: [
                "ChatDemo", "GatewayMessage", "GatewayPolicy", "GatewayServer", "GatewaySettings", "GatewayTokens",
                nio("NIOCore"), nio("NIOPosix"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings
        ),
        .testTarget(name: "GatewayMessageTests", dependencies: ["GatewayMessage"], swiftSettings: settings),
        .testTarget(
            name: "GatewaySettingsTests",
            dependencies: ["GatewaySettings"],
            exclude: ["Goldens"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "GatewayTokensTests",
            dependencies: ["GatewayTokens"],
            exclude: ["Fixtures/Foreign"],
            swiftSettings: settings
        ),
        .testTarget(name: "GatewayPolicyTests", dependencies: ["GatewayPolicy"], swiftSettings: settings),
        .testTarget(name: "GatewayProtocolTests", dependencies: ["GatewayProtocol"], swiftSettings: settings),
        .testTarget(
            name: "GatewayServerTests",
            dependencies: [
                "GatewayMessage", "GatewayProtocol", "GatewayServer", "GatewaySettings", "GatewayTokens",
                nio("NIOCore"),
                nio("NIOPosix"), nio("NIOEmbedded"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ChatDemoTests",
            dependencies: ["ChatDemo", nio("NIOCore"), nio("NIOPosix"), nio("NIOHTTP1"), nio("NIOWebSocket")],
            swiftSettings: settings
        ),
    ]
)
