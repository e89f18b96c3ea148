@main struct ClaimMain { static func main() {} }
