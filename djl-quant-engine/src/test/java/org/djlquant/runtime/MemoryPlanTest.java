package org.djlquant.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryPlanTest {
    @Test
    void acceptsWhatJustFitsAndRefusesOneMore() {
        new MemoryPlan(1000, 10, 100, 50, 64, 1600, 1600, 0).requireFits();
        MemoryPlan tooLong = new MemoryPlan(1000, 10, 100, 51, 64, 1600, 1600, 0);
        String message = assertThrows(ModelTooLargeException.class, tooLong::requireFits).getMessage();
        assertTrue(message.contains("max_model_len=50") && message.contains("51 positions"), message);
        assertEquals(50, tooLong.largestContext());
        tooLong.withContext(50).requireFits();
    }

    @Test
    void saysWhenNotEvenTheWeightsFit() {
        MemoryPlan plan = new MemoryPlan(5_000_000_000L, 131_072, 1000, 4096, 4096, 4_000_000_000L, 4_000_000_000L, 0);
        assertEquals(0, plan.largestContext());
        String message = assertThrows(ModelTooLargeException.class, plan::requireFits).getMessage();
        assertTrue(message.contains("weights 5.0 GB") && message.contains("not even an empty context fits"), message);
    }

    @Test
    void theHeapBoundsTheContextToo() {
        MemoryPlan plan = new MemoryPlan(1000, 10, 100, 64, 64, 9000, 600, 0);
        assertTrue(plan.heapIsShort());
        assertEquals(50, plan.largestContext());
        String message = assertThrows(ModelTooLargeException.class, plan::requireFits).getMessage();
        assertTrue(message.contains("max_model_len=50") && message.contains("-Xmx") && message.contains("heap 600 B"), message);
        plan.withContext(50).requireFits();
    }

    @Test
    void theCachesOfAllRequestsGetAShareOrWhatIsAskedFor() {
        assertEquals(25_000, new MemoryPlan(0, 10, 0, 64, 64, 100_000, 200_000, 0).kvLimitBytes());
        assertEquals(640, new MemoryPlan(0, 10, 0, 64, 64, 1000, 1000, 0).kvLimitBytes(), "at least one sequence");
        assertEquals(1280, new MemoryPlan(0, 10, 0, 65, 65, 5000, 5000, 0).kvLimitBytes(), "in whole blocks");
        MemoryPlan asked = new MemoryPlan(0, 10, 0, 64, 64, 100_000, 200_000, 7000);
        assertEquals(7000, asked.kvLimitBytes());
        asked.requireFits();
        MemoryPlan small = new MemoryPlan(0, 10, 0, 64, 64, 100_000, 200_000, 500);
        assertEquals(50, small.largestContext());
        String message = assertThrows(ModelTooLargeException.class, small::requireFits).getMessage();
        assertTrue(message.contains("max_model_len=50 (kv_cache_memory_bytes is 500 B)"), message);
        MemoryPlan large = new MemoryPlan(0, 10, 0, 64, 64, 100_000, 200_000, 100_001);
        message = assertThrows(ModelTooLargeException.class, large::requireFits).getMessage();
        assertTrue(message.contains("kv_cache_memory_bytes is 100.0 KB, but beside the model 100.0 KB are left"), message);
    }

    @Test
    void sizesAreForPeople() {
        assertEquals("999 B", MemoryPlan.size(999));
        assertEquals("1.0 KB", MemoryPlan.size(1000));
        assertEquals("1.0 MB", MemoryPlan.size(999_990));
        assertEquals("7.7 GB", MemoryPlan.size(7_695_000_000L));
        assertEquals("9223372.0 TB", MemoryPlan.size(Long.MAX_VALUE));
    }

    @Test
    void theMachineLeavesWhatProcSays(@TempDir Path root) throws IOException {
        assertEquals(77, MachineMemory.available(root, 77));
        write(root, "proc/meminfo", "MemTotal:  24000 kB\nMemAvailable:  9000 kB\n");
        assertEquals(9000 * 1024, MachineMemory.available(root, 77));
    }

    @Test
    void theControlGroupLeavesItsLimitLessWhatIsUsed(@TempDir Path root) throws IOException {
        write(root, "proc/meminfo", "MemAvailable:  9000 kB\n");
        write(root, "sys/fs/cgroup/memory.max", "max\n");
        write(root, "sys/fs/cgroup/memory.current", "500000\n");
        assertEquals(9000 * 1024, MachineMemory.available(root, 77));
        write(root, "sys/fs/cgroup/memory.max", "1000000\n");
        assertEquals(500_000, MachineMemory.available(root, 77));
        write(root, "sys/fs/cgroup/memory.stat", "anon 1\ninactive_file 200000\nactive_file 3\n");
        assertEquals(700_000, MachineMemory.available(root, 77));
        write(root, "sys/fs/cgroup/memory.current", "5000000\n");
        assertEquals(0, MachineMemory.available(root, 77));
    }

    @Test
    void theOlderControlGroupsCountToo(@TempDir Path root) throws IOException {
        write(root, "sys/fs/cgroup/memory/memory.limit_in_bytes", "1000000\n");
        write(root, "sys/fs/cgroup/memory/memory.usage_in_bytes", "400000\n");
        write(root, "sys/fs/cgroup/memory/memory.stat", "total_inactive_file 100000\n");
        assertEquals(700_000, MachineMemory.available(root, Long.MAX_VALUE));
    }

    @Test
    void thisMachineHasMemory() {
        assertTrue(MachineMemory.available() > 1 << 20);
    }

    private static void write(Path root, String file, String text) throws IOException {
        Files.createDirectories(root.resolve(file).getParent());
        Files.writeString(root.resolve(file), text);
    }
}
