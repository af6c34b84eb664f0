// Loaded before a program that a fault run starts: when the run is gone, however it ended, the program goes too.
process.stdin.on('end', () => process.exit(1)).resume()
process.stdin.unref()
