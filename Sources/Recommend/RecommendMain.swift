@main struct RecommendMain { static func main() {} }
