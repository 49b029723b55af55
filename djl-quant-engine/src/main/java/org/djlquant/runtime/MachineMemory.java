package org.djlquant.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/** Memory this process may use: the machine's, or the limit of the control group it runs in. */
public final class MachineMemory {
    private MachineMemory() {}

    /**
     * Bytes that can still be used without pushing others out: what the kernel calls available, and
     * no more than the control group leaves. Page cache counts as free. On systems without
     * {@code /proc} it is the free physical memory the JVM reports.
     */
    public static long available() {
        return available(Path.of("/"), freePhysical());
    }

    /** Bytes of the Java heap that are free or can still be added. */
    public static long heap() {
        Runtime runtime = Runtime.getRuntime();
        return runtime.maxMemory() - runtime.totalMemory() + runtime.freeMemory();
    }

    /** The same over another root folder, for tests. */
    static long available(Path root, long otherwise) {
        long machine = field(root.resolve("proc/meminfo"), "MemAvailable:", 1024).orElse(otherwise);
        Path v2 = root.resolve("sys/fs/cgroup");
        Path v1 = root.resolve("sys/fs/cgroup/memory");
        OptionalLong group = group(v2.resolve("memory.max"), v2.resolve("memory.current"), v2.resolve("memory.stat"), "inactive_file");
        if (group.isEmpty()) {
            group = group(
                    v1.resolve("memory.limit_in_bytes"), v1.resolve("memory.usage_in_bytes"), v1.resolve("memory.stat"), "total_inactive_file");
        }
        return group.isPresent() ? Math.min(machine, group.getAsLong()) : machine;
    }

    /** Limit − usage + reclaimable page cache, or empty without a limit. */
    private static OptionalLong group(Path limit, Path usage, Path stat, String reclaimable) {
        OptionalLong max = number(limit);
        OptionalLong used = number(usage);
        if (max.isEmpty() || used.isEmpty()) {
            return OptionalLong.empty();
        }
        long cache = field(stat, reclaimable + " ", 1).orElse(0);
        return OptionalLong.of(Math.max(0, max.getAsLong() - Math.max(0, used.getAsLong() - cache)));
    }

    private static OptionalLong number(Path file) {
        for (String line : lines(file)) {
            return parse(line, 1); // "max" means no limit
        }
        return OptionalLong.empty();
    }

    private static OptionalLong field(Path file, String name, long unit) {
        for (String line : lines(file)) {
            if (line.startsWith(name)) {
                return parse(line.substring(name.length()).replace("kB", ""), unit);
            }
        }
        return OptionalLong.empty();
    }

    private static OptionalLong parse(String text, long unit) {
        try {
            return OptionalLong.of(Math.multiplyExact(Long.parseLong(text.strip()), unit));
        } catch (ArithmeticException | NumberFormatException e) {
            return OptionalLong.empty();
        }
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            return List.of();
        }
    }

    private static long freePhysical() {
        return java.lang.management.ManagementFactory.getOperatingSystemMXBean()
                        instanceof com.sun.management.OperatingSystemMXBean os
                ? os.getFreeMemorySize()
                : Long.MAX_VALUE;
    }
}
