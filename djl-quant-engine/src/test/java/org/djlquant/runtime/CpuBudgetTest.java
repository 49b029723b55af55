package org.djlquant.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CpuBudgetTest {
    @TempDir
    Path root;

    @Test
    void aFractionalQuotaIsRoundedDownButNeverToNothing() {
        assertEquals(1, CpuBudget.threads(8, 1.9));
        assertEquals(1, CpuBudget.threads(8, 0.2));
        assertEquals(3, CpuBudget.threads(8, 3));
        assertEquals(8, CpuBudget.threads(8, Double.POSITIVE_INFINITY));
        assertEquals(2, CpuBudget.threads(2, 7.5));
    }

    @Test
    void versionTwoTakesTheTightestGroupUpwards() throws IOException {
        write("proc/self/cgroup", "0::/pod/container\n");
        write("sys/fs/cgroup/pod/cpu.max", "150000 100000\n");
        write("sys/fs/cgroup/pod/container/cpu.max", "max 100000\n");
        assertEquals(1.5, CpuBudget.quota(root));
    }

    @Test
    void versionTwoInsideItsOwnNamespace() throws IOException {
        write("proc/self/cgroup", "0::/\n");
        write("sys/fs/cgroup/cpu.max", "50000 20000\n");
        assertEquals(2.5, CpuBudget.quota(root));
    }

    @Test
    void versionOne() throws IOException {
        write("proc/self/cgroup", "4:memory:/x\n3:cpu,cpuacct:/x\n");
        write("sys/fs/cgroup/cpu/x/cpu.cfs_quota_us", "250000\n");
        write("sys/fs/cgroup/cpu/x/cpu.cfs_period_us", "100000\n");
        write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
        write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
        assertEquals(2.5, CpuBudget.quota(root));
    }

    @Test
    void noGroupsMeansNoQuota() {
        assertEquals(Double.POSITIVE_INFINITY, CpuBudget.quota(root));
    }

    private void write(String path, String text) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }
}
