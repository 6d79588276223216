import FuzzTargets
import TokenFuzzTargets

/// `fuzz --target=<name> [libFuzzer's options] [folders]`. libFuzzer passes over options with two dashes, and hands them on
/// to the processes that it starts.
private let name =
    CommandLine.arguments.first { $0.hasPrefix("--target=") }.map { String($0.dropFirst(9)) } ?? ""
private let target = FuzzTarget(rawValue: name)
private let names = FuzzTarget.allCases.map(\.rawValue) + ["tokens"]

@_cdecl("LLVMFuzzerTestOneInput")
package func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: data, count: size))
    do {
        if let target {
            try target.check(input)
        } else if name == "tokens" {
            try TokenInvariants.check(input)
        } else {
            fatalError("--target= is one of \(names.joined(separator: ", "))")
        }
    } catch {
        fatalError("\(error)")
    }
    return 0
}
