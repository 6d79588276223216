import FuzzTargets

/// `fuzz --target=<name> [libFuzzer's options] [folders]`. libFuzzer passes over options with two dashes, and hands them on
/// to the processes that it starts.
private let target = CommandLine.arguments.lazy
    .filter { $0.hasPrefix("--target=") }
    .compactMap { FuzzTarget(rawValue: String($0.dropFirst(9))) }
    .first

@_cdecl("LLVMFuzzerTestOneInput")
package func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    guard let target else {
        fatalError("--target= is one of \(FuzzTarget.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    do throws(BrokenInvariant) {
        try target.check(Array(UnsafeBufferPointer(start: data, count: size)))
    } catch {
        fatalError(error.description)
    }
    return 0
}
