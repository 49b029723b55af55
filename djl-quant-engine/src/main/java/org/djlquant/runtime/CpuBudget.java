package org.djlquant.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How many threads may compute at full speed here: the processors the JVM sees, and no more than
 * the whole processors of a Linux control group's quota. The JVM rounds a quota of 1.5 up to 2; two
 * busy threads would then be throttled in every period and each parallel loop would wait for it.
 */
final class CpuBudget {
    private CpuBudget() {}

    /** Threads to use in this process. */
    static int threads() {
        return threads(Runtime.getRuntime().availableProcessors(), quota(Path.of("/")));
    }

    /** Whole processors within both limits, at least one. */
    static int threads(int processors, double quota) {
        return (int) Math.max(1, Math.min(processors, Math.floor(quota)));
    }

    /**
     * The tightest CPU quota of this process's control groups in processors, or infinity.
     *
     * @param root where {@code proc} and {@code sys} are found
     */
    static double quota(Path root) {
        double quota = Double.POSITIVE_INFINITY;
        try {
            for (String line : Files.readAllLines(root.resolve("proc/self/cgroup"))) {
                String[] fields = line.split(":", 3);
                if (fields.length == 3 && fields[1].isEmpty()) {
                    quota = Math.min(quota, quotaUpwards(root.resolve("sys/fs/cgroup"), fields[2]));
                } else if (fields.length == 3 && fields[1].matches("(.*,)?cpu(,.*)?")) {
                    quota = Math.min(quota, quotaUpwards(root.resolve("sys/fs/cgroup/cpu"), fields[2]));
                }
            }
        } catch (IOException | RuntimeException e) {
            return quota; // not Linux, or not readable: no quota that we could know of
        }
        return quota;
    }

    /** A group is bound by the quotas of all groups above it too. */
    private static double quotaUpwards(Path mount, String group) throws IOException {
        double quota = Double.POSITIVE_INFINITY;
        Path folder = mount.resolve(group.replaceFirst("^/+", "")).normalize();
        for (; folder != null && folder.startsWith(mount); folder = folder.getParent()) {
            Path v2 = folder.resolve("cpu.max");
            Path v1 = folder.resolve("cpu.cfs_quota_us");
            if (Files.isReadable(v2)) {
                String[] max = Files.readString(v2).trim().split("\\s+");
                quota = Math.min(quota, ratio(max[0], max[1]));
            } else if (Files.isReadable(v1)) {
                quota = Math.min(
                        quota,
                        ratio(Files.readString(v1).trim(), Files.readString(folder.resolve("cpu.cfs_period_us")).trim()));
            }
        }
        return quota;
    }

    private static double ratio(String quota, String period) {
        return quota.equals("max") || quota.startsWith("-")
                ? Double.POSITIVE_INFINITY
                : Double.parseDouble(quota) / Double.parseDouble(period);
    }
}
