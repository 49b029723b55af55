package org.djlquant.chat.jinja;

import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.djlquant.chat.python.Budget;
import org.djlquant.chat.python.PythonError;
import org.djlquant.chat.python.Text;

/** A compiled template. Immutable and thread-safe. */
public final class Template {

    private final List<Statement> statements;
    private final Map<String, Statement.Block> blocks;

    private Template(List<Statement> statements, Map<String, Statement.Block> blocks) {
        this.statements = statements;
        this.blocks = blocks;
    }

    /** Compiles a template, or tells with line and column why its source is none. */
    public static Template of(String source) {
        try {
            Parser parser = new Parser(source);
            return new Template(parser.parse(), parser.blocks());
        } catch (StackOverflowError e) {
            throw PythonError.limit("its expressions nest too deeply for this thread's stack");
        }
    }

    /**
     * Renders the template.
     *
     * @param budget what the rendering may cost
     * @param clock what {@code strftime_now} reads; null is the system's clock
     * @param variables Python values by name
     */
    public Text render(Budget budget, Clock clock, Map<String, Object> variables) {
        return new Interpreter(budget, clock, variables).render(statements, blocks);
    }
}
