"""A shop as one writes it for Flask: it knows nothing of fastflask but what it asserts."""

import os
import sys
from importlib.metadata import distribution

import flask
from flask import Blueprint, Flask, flash, g, redirect, render_template, request, url_for
from flask.json.provider import DefaultJSONProvider
from flask_login import (
    LoginManager,
    UserMixin,
    current_user,
    login_required,
    login_user,
    logout_user,
)
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect, FlaskForm
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from wtforms import IntegerField, StringField
from wtforms.validators import DataRequired, NumberRange

REAL_FLASK = os.path.join(os.path.realpath(distribution("flask").locate_file("flask")), "")
assert os.path.exists(REAL_FLASK + "app.py"), "there is a Flask that could be imported"


def assert_flask_was_never_imported():
    assert flask is sys.modules["flask"] is sys.modules["fastflask"]
    for name, module in list(sys.modules.items()):
        file = os.path.realpath(getattr(module, "__file__", None) or "")
        assert not file.startswith(REAL_FLASK), name
    for extension in ("flask_login", "flask_sqlalchemy", "flask_wtf"):
        assert extension in sys.modules


def refuse_real_flask(event, args):
    """Whatever is executed of Flask's files is an error, even if it is forgotten afterwards."""
    if event == "exec":
        file = getattr(args[0], "co_filename", "")
        assert not os.path.realpath(file).startswith(REAL_FLASK), file


sys.addaudithook(refuse_real_flask)


class Base(DeclarativeBase):
    pass


class User(Base, UserMixin):
    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


class Item(Base):
    __tablename__ = "item"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    price: Mapped[int]


class LoginForm(FlaskForm):
    name = StringField(validators=[DataRequired()])


class ItemForm(FlaskForm):
    name = StringField(validators=[DataRequired()])
    price = IntegerField(validators=[NumberRange(min=1)])


class Provider(DefaultJSONProvider):
    sort_keys = False
    compact = True


db = SQLAlchemy(model_class=Base)
logins = LoginManager()
csrf = CSRFProtect()
items = Blueprint("items", __name__, url_prefix="/items")


@logins.user_loader
def load_user(id):
    return db.session.get(User, int(id))


@items.get("/")
def index():
    found = db.paginate(select(Item).order_by(Item.id), per_page=10)
    return {"items": [{"name": item.name, "price": item.price} for item in found]}


@items.get("/<int:id>")
def show(id):
    return db.get_or_404(Item, id).name


@items.route("/new", methods=["GET", "POST"])
@login_required
def add():
    form = ItemForm()
    if form.validate_on_submit():
        db.session.add(Item(name=form.name.data, price=form.price.data))
        db.session.commit()
        flash(f"{form.name.data} was added by {current_user.name}")
        return redirect(url_for(".index"))
    return render_template("form.html", form=form)


def create_app():
    app = Flask(__name__)
    app.json = Provider(app)
    app.config.update(
        SECRET_KEY="for tests",
        SQLALCHEMY_DATABASE_URI=f"sqlite:///{os.path.abspath('shop.db')}",
        # What the server is, for the page that says so.
        SERVER=os.environ.get("SERVER_SOFTWARE", ""),
    )
    logins.login_view = "login"
    for extension in (db, logins, csrf):
        extension.init_app(app)
    app.register_blueprint(items)

    @app.before_request
    def remember():
        g.checked = True

    @app.after_request
    def check(response):
        assert_flask_was_never_imported()
        response.headers["X-Checked"] = f"{os.getpid()} {g.get('checked')}"
        return response

    @app.route("/login", methods=["GET", "POST"])
    def login():
        form = LoginForm()
        if form.validate_on_submit():
            user = db.session.scalar(select(User).filter_by(name=form.name.data))
            if user is not None:
                login_user(user)
                return redirect(request.args.get("next") or url_for("items.index"))
            flash("nobody of that name")
        return render_template("form.html", form=form)

    @app.get("/logout")
    def logout():
        logout_user()
        return "bye"

    @app.cli.command("init-db")
    def init_db():
        db.create_all()
        db.session.add(User(name="ada"))
        db.session.commit()

    @app.cli.command("count")
    def count():
        assert_flask_was_never_imported()
        print(len(db.session.scalars(select(Item)).all()), "items")

    return app


app = create_app()
assert_flask_was_never_imported()
