// swift-tools-version: 6.2
import PackageDescription

// A package of its own, because everything in it is built with `--sanitize=fuzzer`. It has no copies: the folders of the
// targets under test, and the checks, which the unit tests use too, are links. (A path dependency would reach products
// only, and `package` declarations not at all.)
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "tollgate-fuzz",
    dependencies: [.package(url: "https://github.com/apple/swift-nio", from: "2.101.0")],
    targets: [
        .systemLibrary(name: "CLibCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .target(name: "GatewayMessage", swiftSettings: settings),
        .target(
            name: "GatewayProtocol",
            dependencies: ["GatewayMessage", "CLibCrypto", .product(name: "NIOCore", package: "swift-nio")],
            swiftSettings: settings
        ),
        .target(
            name: "FuzzTargets",
            dependencies: ["GatewayMessage", "GatewayProtocol", .product(name: "NIOCore", package: "swift-nio")],
            swiftSettings: settings
        ),
        .target(name: "GatewayTokens", dependencies: ["CLibCrypto"], swiftSettings: settings),
        .target(name: "TokenFuzzTargets", dependencies: ["GatewayTokens"], swiftSettings: settings),
        // libFuzzer brings the `main`.
        .executableTarget(
            name: "fuzz",
            dependencies: ["FuzzTargets", "TokenFuzzTargets"],
            swiftSettings: settings + [.unsafeFlags(["-parse-as-library"])]
        ),
    ]
)
