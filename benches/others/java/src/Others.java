import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.elasticsearch.grok.Grok;
import org.elasticsearch.grok.GrokBuiltinPatterns;

/**
 * Runs Elasticsearch's grok over a corpus: {@code Others TASK PATTERNS CORPUS SECONDS}, where
 * PATTERNS is a file with one grok pattern a line; the first that matches wins. A pass that is not
 * measured lets the compiler do its work first.
 */
public final class Others {
    private static final OperatingSystemMXBean SYSTEM =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private final List<Grok> patterns;
    private final String[] lines;
    private int matched;
    private long size;

    private Others(List<Grok> patterns, String[] lines) {
        this.patterns = patterns;
        this.lines = lines;
    }

    public static void main(String[] arguments) throws Exception {
        var bank = GrokBuiltinPatterns.legacyPatterns();
        var patterns = Files.readAllLines(Path.of(arguments[1])).stream()
                .map(text -> new Grok(bank, text, ignored -> {}))
                .toList();
        var lines = Files.readString(Path.of(arguments[2])).split("\n");
        double seconds = Double.parseDouble(arguments[3]);
        var others = new Others(patterns, lines);
        others.pass(seconds);
        long start = SYSTEM.getProcessCpuTime();
        others.pass(seconds);
        double elapsed = (SYSTEM.getProcessCpuTime() - start) / 1e9;
        System.out.printf("| %s | elasticsearch-grok | %.1f | %d | %d |%n",
                arguments[0], others.size / 1e6 / elapsed, others.size, others.matched);
    }

    private void pass(double seconds) {
        matched = 0;
        size = 0;
        long end = SYSTEM.getProcessCpuTime() + (long) (seconds * 1e9);
        for (int at = 0; at < lines.length; at++) {
            for (var pattern : patterns) {
                if (pattern.captures(lines[at]) != null) {
                    matched++;
                    break;
                }
            }
            size += lines[at].getBytes(StandardCharsets.UTF_8).length + 1;
            if (at % 64 == 0 && SYSTEM.getProcessCpuTime() > end) {
                break;
            }
        }
    }
}
